using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Usage.Ports;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Usage;
using Claudy.Integration.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Claudy.Integration.Tests.CrossTenant;

/// <summary>All that a user has which a frame or route can name.</summary>
internal sealed record TenantIds
{
    public required string Session { get; init; }

    public required string Other { get; init; }

    public required string MessageId { get; init; }

    public required string RequestId { get; init; }

    public required string SessionRule { get; init; }

    public required string UserRule { get; init; }

    public required string Digest { get; init; }

    public required string File { get; init; }

    public required string Folder { get; init; }

    public required string Upload { get; init; }

    public required string Server { get; init; }

    public required string Word { get; init; }

    public required string ListCursor { get; init; }

    public required string SearchCursor { get; init; }

    public required string FileCursor { get; init; }

    public required string PersonalToken { get; init; }

    /// <summary>Every id that is a text.</summary>
    public IEnumerable<string> Texts =>
        [Session, Other, MessageId, RequestId, SessionRule, UserRule, Digest, File, Folder, Upload, Server, Word, ListCursor, SearchCursor, FileCursor, PersonalToken];
}

/// <summary>A user with a session that has one of everything: history, a turn that waits for a permission, a queue, files, rules, a server, a review.</summary>
internal sealed class Tenant : IAsyncDisposable
{
    /// <summary>What the upload that is under way has already, and that is all.</summary>
    public const string UploadContent = "eHh4eA==";

    public const int UploadSize = 4;

    private readonly ClaudyServer _server;
    private readonly string _name;

    private Tenant(ClaudyServer server, string name, TestClient client, TenantIds ids)
    {
        _server = server;
        _name = name;
        Client = client;
        Ids = ids;
    }

    public TestClient Client { get; }

    public TenantIds Ids { get; }

    /// <summary>What only this user may ever read.</summary>
    public string Secret => SecretOf(_name);

    public static async Task<Tenant> PrepareAsync(ClaudyServer server, string name)
    {
        var client = await server.ConnectAsync(name);
        var folder = $"folder-of-{name}";
        var word = $"word{name}";
        var other = await client.CreateSessionAsync($"{SecretOf(name)} 2");
        await ChatAsync(client, $"{word} {SecretOf(name)}");
        var created = await client.AskAsync(
            "create_session",
            new { name = SecretOf(name), mcp_servers = new Dictionary<string, object> { [$"server-of-{name}"] = new { command = "x" } } });
        var session = created.Text("session_id")!;
        await ChatAsync(client, $"{word} {SecretOf(name)}");
        foreach (var file in new[] { "a.txt", "b.txt" })
        {
            Expect(await client.AskAsync("file_upload", new { filename = $"{folder}/{file}", content = SecretOf(name) }, session), "file_uploaded");
        }

        var upload = new { upload_id = $"upload-of-{name}", filename = $"{folder}/a.txt", size = UploadSize, overwrite = true };
        Expect(await client.AskAsync("file_upload_begin", upload, session), "file_upload_ready");
        Expect(await client.AskAsync("file_upload_chunk", new { upload.upload_id, offset = 0, content = UploadContent }, session), "file_upload_progress");
        Expect(await client.AskAsync("file_upload", new { filename = "CLAUDE.md", content = SecretOf(name) }, session), "file_uploaded");
        var review = await client.ReceiveAsync("configuration_review");
        Expect(await client.AskAsync("permission_rule_add", new { scope = "session", rule = $"Bash(session-of-{name})" }, session), "permission_rules");
        Expect(await client.AskAsync("permission_rule_add", new { scope = "user", rule = $"Bash(user-{name})" }, session), "permission_rules");
        Expect(await client.AskAsync("chat_message", session: session, content: $"ask {SecretOf(name)}"), "chat_accepted");
        var asked = await client.ReceiveAsync("permission_request");
        var queued = await client.AskAsync("chat_message", session: session, content: $"queued {SecretOf(name)}");
        var ids = new TenantIds
        {
            Session = session,
            Other = other,
            MessageId = queued.Text("message_id")!,
            RequestId = asked.Text("request_id")!,
            SessionRule = $"Bash(session-of-{name})",
            UserRule = $"Bash(user-{name})",
            Digest = review.Text("digest")!,
            File = $"{folder}/a.txt",
            Folder = folder,
            Upload = $"upload-of-{name}",
            Server = $"server-of-{name}",
            Word = word,
            ListCursor = (await client.AskAsync("list_sessions", new { limit = 1 })).Text("next_cursor")!,
            SearchCursor = (await client.AskAsync("search_history", new { query = word, limit = 1 })).Text("next_cursor")!,
            FileCursor = (await client.AskAsync("file_list", new { path = folder, limit = 1 }, session)).Text("next_cursor")!,
            PersonalToken = await AddPersonalTokenAsync(server, name),
        };
        await SpendAsync(server, name, session);
        return new Tenant(server, name, client, ids);
    }

    // A model of a name of its own tells whose usage is shown.
    private static async Task SpendAsync(ClaudyServer server, string name, string session)
    {
        var user = await server.Services.GetRequiredService<IUserStore>().FindOrAddAsync(name, DateTimeOffset.UnixEpoch, default);
        var now = TimeProvider.System.GetUtcNow();
        var id = SessionId.TryParse(session, null, out var parsed) ? parsed : throw new InvalidOperationException("It is no id.");
        await server.Services.GetRequiredService<IUsageStore>().AppendAsync(
            [new UsageRecord(Guid.CreateVersion7(now), now, id, user.Id, SecretOf(name), new ApiUsage(1, 1, 0, 0, 0, 0), 1, 1, 200, IsCut: false)], default);
    }

    private static async Task<string> AddPersonalTokenAsync(ClaudyServer server, string name)
    {
        using var answer = await SendAsync(server, name, HttpMethod.Post, "/api/user/tokens", new { name = SecretOf(name) });
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private static async Task<HttpResponseMessage> SendAsync(ClaudyServer server, string name, HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (await server.SignInAsync(name)).Token.Value.Reveal());
        return (await server.Http.SendAsync(request)).EnsureSuccessStatusCode();
    }

    /// <summary>Deletes all that the user has, so that the ids are well-formed and nobody's.</summary>
    public async Task DeleteAllAsync()
    {
        using var revoked = await SendAsync(_server, _name, HttpMethod.Delete, $"/api/user/tokens/{Ids.PersonalToken}", null);
        Expect(await Client.AskAsync("permission_rule_remove", new { scope = "user", rule = Ids.UserRule }), "permission_rules");
        foreach (var session in new[] { Ids.Session, Ids.Other })
        {
            Expect(await Client.AskAsync("session_control", new { action = "delete" }, session), "session_deleted");
        }
    }

    /// <summary>All that the user has, as one text: whatever somebody else does must not change it.</summary>
    public async Task<string> StateAsync()
    {
        var services = _server.Services;
        var user = await services.GetRequiredService<IUserStore>().FindOrAddAsync(_name, DateTimeOffset.UnixEpoch, default);
        var sessions = await services.GetRequiredService<ISessionStore>().ListAsync(new SessionFilter(user.Id, null, null, 200, null), default);
        var rules = await services.GetRequiredService<IPermissionRuleStore>().FindAsync(user.Id, default);
        List<object> state = [rules.Allowed, rules.Denied];
        foreach (var session in sessions.Sessions.OrderBy(s => s.Id.ToString(), StringComparer.Ordinal))
        {
            var head = await services.GetRequiredService<ISessionEventLog>().HeadAsync(session.Id, default);
            var folder = Path.Combine(_server.DataPath, "workspaces", session.Id.ToString());
            var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                .Select(file => $"{file} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}");
            state.AddRange([session.Id.ToString(), session.State.Settings.Name, head.LastSeq, files.ToArray()]);
        }

        state.Add(_server.Agents.Launched.Where(agent => agent.Launch.SessionId.ToString() == Ids.Session).Select(agent => agent.Messages.Count).ToArray());
        return JsonSerializer.Serialize(state);
    }

    public ValueTask DisposeAsync() => Client.DisposeAsync();

    /// <summary>What agents do with messages of tenants.</summary>
    public static async Task FollowAsync(FakeAgent agent, ChatMessage message)
    {
        if (!message.Text.StartsWith("ask", StringComparison.Ordinal))
        {
            await agent.SayAsync("a1", message.Text);
            return;
        }

        await agent.EmitAsync(new AgentEvent.TurnStarted(agent.Launch.SessionId.Value, "fake", null));
        await agent.AskAsync($"request-{agent.Launch.SessionId}", "Bash", """{"command":"touch x"}""");
        await agent.EndTurnAsync();
    }

    private static string SecretOf(string name) => $"only for {name} to read";

    private static async Task ChatAsync(TestClient client, string text)
    {
        Expect(await client.AskAsync("chat_message", content: text), "chat_accepted");
        await client.ReceiveAsync("turn_completed");
    }

    private static void Expect(JsonElement answer, string type) =>
        _ = answer.Type() == type ? answer : throw new InvalidOperationException($"Not {type}, but {answer}");
}
