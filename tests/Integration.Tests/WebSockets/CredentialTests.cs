using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.WebSockets;

/// <summary>Keys and tokens of users, by frames and over HTTP, through restarts.</summary>
public sealed class CredentialTests : IAsyncLifetime
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("claudy-");
    private readonly string _good = $"good-{Guid.NewGuid():N}";
    private ClaudyServer _server = null!;
    private TestClient _client = null!;

    public Task InitializeAsync() => StartAsync();

    public async Task DisposeAsync()
    {
        await StopAsync();
        _data.Delete(recursive: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SessionsKey_WhenTheServerRestarts_ShouldBeThereIfItWasToBeRemembered(bool isRemembered)
    {
        var session = (await _client.AskAsync("create_session", new { claude_token = _good, remember_token = isRemembered })).Text("session_id")!;
        (await UsedByAsync(session))!.Value.Reveal().ShouldBe(_good);

        await RestartAsync();
        await _client.AskAsync("attach_session", session: session);

        if (isRemembered)
        {
            await Eventually.IsTrueAsync(async () => (await UsedByAsync(session))?.Value.Reveal() == _good, "the key is used again");
        }
        else
        {
            var error = await _client.ReceiveAsync(f => f.Type() == "session_error" && f.Code() == "CLAUDE_003", "the loss");
            error.Content()!.ShouldContain("update_token");
        }
    }

    [Fact]
    public async Task CreateSession_WhenTheApiRefusesTheKey_ShouldMakeNone()
    {
        var refused = await _client.AskAsync("create_session", new { claude_token = "bad" });
        var unknown = await _client.AskAsync("create_session", new { claude_token = _good, token_kind = "password" });

        refused.Code().ShouldBe("CLAUDE_001");
        unknown.Code().ShouldBe("WS_005");
        (await _client.AskAsync("list_sessions")).Data().GetProperty("sessions").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task CreateSession_WhenTheApiCannotBeAsked_ShouldMakeItAllTheSame() =>
        (await _client.AskAsync("create_session", new { claude_token = "unasked" })).Type().ShouldBe("session_created");

    [Theory]
    [InlineData("terminate")]
    [InlineData("delete")]
    public async Task SessionsKey_WhenTheSessionEnds_ShouldBeForgotten(string action)
    {
        var session = (await _client.AskAsync("create_session", new { claude_token = _good, remember_token = true })).Text("session_id")!;
        var scope = new CredentialScope(await OwnerAsync(), SessionOf(session));
        var store = _server.Services.GetRequiredService<ISealedCredentialStore>();
        (await store.FindAsync(scope, default)).ShouldNotBeNull();

        await _client.AskAsync("session_control", new { action }, session: session);

        await Eventually.IsTrueAsync(async () => await store.FindAsync(scope, default) is null, "the stored key is gone");
        _server.Services.GetRequiredService<ICredentialVault>().Find(scope).ShouldBeNull();
    }

    [Fact]
    public async Task SessionsKey_WhenChangedAndForgotten_ShouldBeUsedAtOnceAndFallBackToTheUsers()
    {
        var session = (await _client.AskAsync("create_session", new { claude_token = _good })).Text("session_id")!;

        var updated = await _client.AskAsync("update_token", new { claude_token = _good + "-2", token_kind = "auth_token" }, session: session);
        var used = await UsedByAsync(session);
        var users = await _client.AskAsync("update_token", new { claude_token = _good + "-3", scope = "user", remember_token = true });
        var info = await _client.AskAsync("token_info", session: session);
        var forgotten = await _client.AskAsync("forget_token", session: session);

        updated.Text("kind").ShouldBe("auth_token");
        used.ShouldBe(new ClaudeCredential(ClaudeCredentialKind.AuthToken, new Secret(_good + "-2")));
        users.Data().GetProperty("valid").GetBoolean().ShouldBeTrue();
        info.Data().GetProperty("session").ShouldSatisfyAllConditions(
            own => own.GetProperty("kind").GetString().ShouldBe("auth_token"),
            own => own.GetProperty("last_four").GetString().ShouldBe((_good + "-2")[^4..]),
            own => own.GetProperty("remembered").GetBoolean().ShouldBeFalse());
        info.Data().GetProperty("user").GetProperty("remembered").GetBoolean().ShouldBeTrue();
        forgotten.Data().GetProperty("session").GetProperty("exists").GetBoolean().ShouldBeFalse();
        (await UsedByAsync(session))!.Value.Reveal().ShouldBe(_good + "-3");

        await RestartAsync();
        await _client.AskAsync("attach_session", session: session);
        await Eventually.IsTrueAsync(async () => (await UsedByAsync(session))?.Value.Reveal() == _good + "-3", "the user's key is used after a restart");
        (await _client.AskAsync("forget_token", new { scope = "user" })).Data().GetProperty("user").GetProperty("exists").GetBoolean().ShouldBeFalse();
        (await UsedByAsync(session))!.Value.Reveal().ShouldStartWith("made-up-");
    }

    [Fact]
    public async Task UpdateToken_WhenRefused_ShouldTellTheCodeAndKeepTheOldOne()
    {
        var session = (await _client.AskAsync("create_session", new { claude_token = _good })).Text("session_id")!;

        var status = await _client.AskAsync("update_token", new { claude_token = "bad" }, session: session);

        status.Data().GetProperty("valid").GetBoolean().ShouldBeFalse();
        status.Text("code").ShouldBe("CLAUDE_001");
        (await UsedByAsync(session))!.Value.Reveal().ShouldBe(_good);
    }

    [Fact]
    public async Task Http_ShouldDoWhatTheFramesDo()
    {
        var http = await HttpAsync("local");
        var session = (await _client.AskAsync("create_session")).Text("session_id")!;

        var valid = await AnswerAsync(await http.PostAsJsonAsync("/api/claude/token/validate", new { claude_token = _good }));
        var invalid = await AnswerAsync(await http.PostAsJsonAsync("/api/claude/token/validate", new { claude_token = "bad" }));
        var none = await AnswerAsync(await http.GetAsync(Path("/api/user/claude-token")));
        await AnswerAsync(await http.PutAsJsonAsync("/api/user/claude-token", new { claude_token = _good, remember_token = true }));
        var users = await AnswerAsync(await http.GetAsync(Path("/api/user/claude-token")));
        await AnswerAsync(await http.PutAsJsonAsync("/api/session/token", new { claude_token = _good + "-2" }));
        var own = await AnswerAsync(await http.GetAsync(Path($"/api/session/token?session_id={session}")));
        var used = await UsedByAsync(session);

        valid.GetProperty("valid").GetBoolean().ShouldBeTrue();
        invalid.GetProperty("code").GetString().ShouldBe("CLAUDE_001");
        none.GetRawText().ShouldBe("""{"exists":false}""");
        users.GetProperty("last_four").GetString().ShouldBe(_good[^4..]);
        users.GetProperty("remembered").GetBoolean().ShouldBeTrue();
        own.GetProperty("remembered").GetBoolean().ShouldBeFalse();
        used!.Value.Reveal().ShouldBe(_good + "-2");
        (await http.DeleteAsync(Path($"/api/session/token?session_id={session}"))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await UsedByAsync(session))!.Value.Reveal().ShouldBe(_good);
        (await http.DeleteAsync(Path("/api/user/claude-token"))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await AnswerAsync(await http.GetAsync(Path("/api/user/claude-token")))).GetRawText().ShouldBe("""{"exists":false}""");
    }

    [Fact]
    public async Task Http_WhenTheSessionIsAnothersOrTheBodyIsWrong_ShouldSaySoWithoutTheKey()
    {
        var stranger = await HttpAsync("stranger");
        var session = (await _client.AskAsync("create_session", new { claude_token = _good })).Text("session_id")!;

        HttpResponseMessage[] foreign =
        [
            await stranger.PutAsJsonAsync("/api/session/token", new { claude_token = _good, session_id = session }),
            await stranger.GetAsync(Path($"/api/session/token?session_id={session}")),
            await stranger.DeleteAsync(Path($"/api/session/token?session_id={session}")),
        ];
        using var broken = await stranger.PutAsync(Path("/api/user/claude-token"), new StringContent($"{{\"claude_token\":\"{_good}", null, "application/json"));
        using var array = await stranger.PutAsJsonAsync("/api/user/claude-token", new { claude_token = new[] { _good } });
        using var spaced = await stranger.PutAsJsonAsync("/api/user/claude-token", new { claude_token = _good + " " + _good });
        using var anonymous = await _server.Http.GetAsync(Path("/api/user/claude-token"));

        foreign.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.NotFound);
        anonymous.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        foreach (var answer in new[] { broken, array, spaced })
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            (await answer.Content.ReadAsStringAsync()).ShouldNotContain(_good);
        }

        (await UsedByAsync(session))!.Value.Reveal().ShouldBe(_good);
    }

    private static Uri Path(string path) => new(path, UriKind.Relative);

    private static SessionId SessionOf(string text) => SessionId.Parse(text, null);

    private static async Task<JsonElement> AnswerAsync(HttpResponseMessage answer)
    {
        using (answer)
        {
            return await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
        }
    }

    private async Task<HttpClient> HttpAsync(string username)
    {
        var http = new HttpClient { BaseAddress = _server.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await _server.TokenAsync(username));
        return http;
    }

    private async Task<UserId> OwnerAsync() =>
        (await _server.Services.GetRequiredService<Application.Users.Ports.IUserStore>().FindOrAddAsync("local", DateTimeOffset.UnixEpoch, default)).Id;

    private async Task<ClaudeCredential?> UsedByAsync(string session) =>
        _server.Services.GetRequiredService<ICredentialVault>().For(await OwnerAsync(), SessionOf(session));

    private async Task StartAsync()
    {
        _server = await ClaudyServer.StartAsync(dataPath: _data.FullName, change: services => services.AddSingleton<IClaudeKeyCheck, PickyApi>());
        _client = await _server.ConnectAsync();
    }

    private async Task StopAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    private async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    private sealed class PickyApi : IClaudeKeyCheck
    {
        public Task<Result> CheckAsync(ClaudeCredential credential, CancellationToken cancellationToken) => Task.FromResult(credential.Value.Reveal() switch
        {
            "bad" => Application.Sessions.AgentErrors.CredentialRefused("No."),
            "unasked" => Application.Sessions.AgentErrors.ApiFailed("It is away.", retryable: true),
            _ => Result.Success(),
        });
    }
}
