using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Claudy.Integration.Tests.Edge;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Audit;

/// <summary>What the whole server records, from the edge to the file.</summary>
public sealed class ServerAuditTests : IAsyncLifetime
{
    private ClaudyServer _server = null!;

    public async Task InitializeAsync() => _server = await ClaudyServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task SignIn_ShouldBeRecordedWithWhoAndFromWhere()
    {
        var code = _server.Banner.ToString().Split("code=")[1].Split(' ')[0];
        using var refused = await _server.Http.PostAsJsonAsync("/auth/local", new { code = "not-the-code" });
        using var signedIn = await _server.Http.PostAsJsonAsync("/auth/local", new { code });

        var records = await RecordsAsync("sign_in.local", 2);

        records[0].Field("outcome").ShouldBe("refused");
        records[0].Field("code").ShouldBe("AUTH_001");
        records[0].Field("user").ShouldBeNull();
        records[1].Field("outcome").ShouldBe("done");
        records[1].Field("name").ShouldBe("local");
        records[1].Field("credential").ShouldBe("sign_in_code");
        records.ShouldAllBe(record => record.Field("address") == "127.0.0.1" && record.Field("correlation") != null);
        File.ReadAllText(Files()[0]).ShouldNotContain(code);
    }

    [Fact]
    public async Task Token_WhenItIsNotTaken_ShouldBeRecordedAtEachDoor()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/session") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", "nonsense") } };
        (await _server.Http.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        await Should.ThrowAsync<Exception>(TestClient.ConnectAsync(_server.WebSocket, options => options.SetRequestHeader("Authorization", "Bearer nonsense")));
        await using var client = await TestClient.ConnectAsync(_server.WebSocket);
        await client.AskAsync("auth", content: "nonsense");

        var records = await RecordsAsync("token.refused", 3);

        records.ShouldAllBe(record => record.Field("code") == "AUTH_003" && record.Field("address") == "127.0.0.1" && record.Field("outcome") == "refused");
    }

    [Fact]
    public async Task Edge_WhenHostOrOriginIsAnothers_ShouldBeRecorded()
    {
        using var rebinding = new HttpRequestMessage(HttpMethod.Get, "/health") { Headers = { Host = "evil.example" } };
        await _server.Http.SendAsync(rebinding);
        using var crossSite = new HttpRequestMessage(HttpMethod.Post, "/auth/local") { Headers = { { "Origin", "https://evil.example" } } };
        await _server.Http.SendAsync(crossSite);
        await using var page = await TestClient.ConnectAsync(_server.WebSocket, options => options.SetRequestHeader("Origin", "https://evil.example"));
        await page.ReceiveCloseAsync();

        var records = await RecordsAsync("access.edge_refused", 3);

        records.Select(record => record.Field("code")).ShouldBe(["WS_007", "WS_006", "WS_006"]);
        records.ShouldAllBe(record => record.Field("target")!.Contains("evil.example", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Connection_ShouldBeRecordedWithTheActsThatCameOverIt()
    {
        await using var client = await _server.ConnectAsync("alice");
        var session = await client.CreateSessionAsync();
        await client.AskAsync("file_upload", new { filename = "a/b.txt", content = "hello" }, session);
        await client.AskAsync("file_download", new { filename = "a/b.txt" }, session);
        await client.AskAsync("session_control", new { action = "set_permission_mode", mode = "plan" }, session);
        await client.AskAsync("session_control", new { action = "delete" }, session);

        var connection = (await RecordsAsync("token.used", 1))[0];
        var uploaded = (await RecordsAsync("file.uploaded", 1))[0];
        connection.Field("name").ShouldBe("alice");
        uploaded.Field("name").ShouldBe("alice");
        uploaded.Field("session").ShouldBe(session);
        uploaded.Field("target").ShouldBe("a/b.txt");
        uploaded.Detail("size").ShouldBe("5");
        uploaded.Detail("sha256").ShouldBe("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
        uploaded.Field("correlation").ShouldBe(connection.Field("correlation"));
        (await RecordsAsync("file.downloaded", 1))[0].Detail("sha256").ShouldBe(uploaded.Detail("sha256"));
        (await RecordsAsync("permission.mode_set", 1))[0].Detail("mode").ShouldBe("Plan");
        (await RecordsAsync("session.deleted", 1))[0].Field("session").ShouldBe(session);
    }

    [Fact]
    public async Task Http_ShouldBeRecordedAsTheFramesAre()
    {
        await using var client = await _server.ConnectAsync();
        var session = await client.CreateSessionAsync();
        _server.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await _server.TokenAsync());
        (await _server.Http.GetAsync($"/api/session/{session}/export")).EnsureSuccessStatusCode();
        (await _server.Http.DeleteAsync($"/api/session/{session}")).EnsureSuccessStatusCode();

        (await RecordsAsync("session.exported", 1))[0].Field("credential").ShouldBe("access_token");
        (await RecordsAsync("session.deleted", 1))[0].Field("name").ShouldBe("local");
    }

    [Fact]
    public async Task Limits_OfUsersAndAddresses_ShouldBeRecorded()
    {
        await using var server = await ClaudyServer.StartAsync(new() { ["Claudy:Limits:RequestBurstPerUser"] = "1", ["Claudy:Limits:RequestsPerSecondPerUser"] = "0.01" });
        using var http = server.Client();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await server.TokenAsync());
        (await http.GetAsync("/api/session")).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await http.GetAsync("/api/session")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);

        await Eventually.IsTrueAsync(
            () => Directory.EnumerateFiles(Path.Combine(server.DataPath, "audit"), "*.jsonl").SelectMany(File.ReadLines)
                .Any(line => line.Contains("limit.exceeded", StringComparison.Ordinal) && line.Contains("RATE_003", StringComparison.Ordinal) && line.Contains("\"name\":\"local\"", StringComparison.Ordinal)),
            "the limit is recorded");
    }

    [Fact]
    public async Task Limits_ShouldBeRecorded()
    {
        var clients = new List<TestClient>();
        for (var i = 0; i < 3; i++)
        {
            clients.Add(await _server.ConnectAsync());
        }

        await using var fourth = await TestClient.ConnectAsync(_server.WebSocket);
        await fourth.AskAsync("auth", content: await _server.TokenAsync());
        for (var i = 0; i < 300; i++)
        {
            await clients[0].SendAsync(new { type = "ping" });
        }

        var records = await RecordsAsync("limit.exceeded", 2);
        records.Select(record => record.Field("code")).ShouldBe(["RATE_002", "RATE_001"]);
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Secrets_ShouldBeInNoRecord()
    {
        var planted = $"planted-{Guid.NewGuid():N}";
        await using var client = await _server.ConnectAsync();
        var created = await client.AskAsync("create_session", new
        {
            name = planted,
            claude_token = planted,
            append_system_prompt = planted,
            allowed_tools = new[] { $"Bash(echo {planted})" },
            mcp_servers = new { server = new { command = "x", args = new[] { planted }, env = new Dictionary<string, string> { ["KEY"] = planted } } },
        });
        var session = created.Data().GetProperty("session_id").GetString();
        await client.AskAsync("chat_message", content: planted);
        await client.AskAsync("file_upload", new { filename = "a.txt", content = planted }, session);
        await client.AskAsync("update_token", new { claude_token = planted + "\u0001" }, session);
        await client.AskAsync("permission_rule_add", new { scope = "user", rule = $"Bash(curl {planted})" });
        await client.AskAsync("session_control", new { action = "rename", name = planted + "2" }, session);
        await client.AskAsync("auth", content: planted);
        await client.AskAsync("search_history", new { query = planted });

        await RecordsAsync("permission.rule_changed", 1);
        await RecordsAsync("token.refused", 1);

        string.Concat(Files().Select(File.ReadAllText)).ShouldNotContain(planted);
    }

    [Fact]
    public async Task Server_WhenItStopsAndStarts_ShouldKeepOneChain()
    {
        var data = Directory.CreateTempSubdirectory("claudy-");
        try
        {
            for (var i = 0; i < 2; i++)
            {
                await using var server = await ClaudyServer.StartAsync(dataPath: data.FullName);
            }

            await using var files = new AuditFiles();
            files.Options.Path = Path.Combine(data.FullName, "audit");
            (await files.VerifyAsync()).Break.ShouldBeNull();
            files.Lines().Select(line => JsonDocument.Parse(line).RootElement.Field("action"))
                .ShouldBe(["server.started", "sign_in.code_made", "server.stopped", "server.started", "sign_in.code_made", "server.stopped"]);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private string[] Files() => Directory.GetFiles(Path.Combine(_server.DataPath, "audit"), "*.jsonl");

    private async Task<List<JsonElement>> RecordsAsync(string action, int count)
    {
        List<JsonElement> records = [];
        await Eventually.IsTrueAsync(
            () =>
            {
                var text = string.Concat(Files().Order(StringComparer.Ordinal).Select(File.ReadAllText));
                var whole = text[..(text.LastIndexOf('\n') + 1)];
                records = [.. whole.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).Where(r => r.Field("action") == action)];
                return records.Count >= count;
            },
            $"{count} records of {action}");
        records.Count.ShouldBe(count);
        return records;
    }
}

internal static class AuditRecordFields
{
    public static string? Field(this JsonElement record, string name) => record.TryGetProperty(name, out var value) ? value.GetString() : null;

    public static string? Detail(this JsonElement record, string name) => record.TryGetProperty("details", out var details) ? details.Field(name) : null;
}
