using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary>Secrets are planted in every place that takes one, used in every way that may fail, and then looked for everywhere.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class PlantedSecretsTests
{
    private readonly PlantedSecrets _secrets = new();
    private readonly List<string> _answers = [];
    private readonly string _marker = $"marker{Guid.NewGuid():N}";

    [SkippableFact]
    public async Task Secrets_WhateverHappens_ShouldBeFoundNowhere()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        await using var server = await ServerUnderTest.StartAsync(new Dictionary<string, string>
        {
            ["CLAUDE_API_BASE_URL"] = api.Address.ToString(),
            ["ANTHROPIC_API_KEY"] = Plant("the server's key"),
            ["ENCRYPTION_KEY"] = _secrets.Plant("the encryption key", Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))),
            ["Claudy__Encryption__PreviousKeys__0"] = _secrets.Plant("the old encryption key", Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))),
            ["GITHUB_CLIENT_ID"] = "an app",
            ["GITHUB_CLIENT_SECRET"] = Plant("the client secret"),
            ["Claudy__GitHub__Admins__0"] = "somebody",
            ["Claudy__Auth__LocalMode"] = "true",
            ["Logging:Console:LogLevel:Default"] = "Trace",
        });
        server.RequireSandbox();
        PlantSignIn(server);
        List<JsonElement> frames = [];
        string own;
        await using (var client = await server.ConnectAsync())
        {
            own = await UseSessionsAsync(api, server, client);
            await FailAsync(api, client, own);
            await AskOverHttpAsync(api, server);
            _secrets.LookAtProcesses(server);
            _secrets.LookInFiles(server.DataPath, _marker);
            frames.AddRange(client.Received);
        }

        await server.StopAsync();
        await server.StartProcessAsync();
        PlantSignIn(server);
        await using (var client = await server.ConnectAsync())
        {
            api.Enqueue(Reply.Text("still here"));
            await client.AskAsync("attach_session", session: own);
            await ChatAsync(client, own, "and now?");
            frames.AddRange(client.Received);
            api.Conversation[^1].Headers["x-api-key"].ShouldBe(_secrets["the session's key"]);
        }

        var rotated = await server.RunAsync("keys", "rotate-encryption");
        rotated.ExitCode.ShouldBe(0, rotated.Output);
        _answers.Add(rotated.Output);
        await server.StopAsync();

        server.Output.ShouldSatisfyAllConditions(
            log => log.ShouldContain("trce: "),
            log => log.ShouldContain("Microsoft.AspNetCore.Server.Kestrel"),
            log => log.ShouldContain("System.Net.Http.HttpClient"));
        _secrets.LookIn("an answer", string.Join('\n', _answers));
        _secrets.LookIn("a frame", string.Join('\n', frames.Select(frame => frame.GetRawText())));
        _secrets.LookInOutput(server);
        _secrets.LookInFiles(server.DataPath, _marker);
        _secrets.Found.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task Serve_WhenASecretIsOnTheCommandLine_ShouldNotStart()
    {
        ClaudeCodeBinary.Require();
        await using var server = await ServerUnderTest.StartAsync();

        var (exitCode, output) = await server.RunAsync("serve", "--Claudy:Claude:ApiKey", Plant("the key"));

        exitCode.ShouldBe(2, output);
        output.ShouldContain("Claudy__Claude__ApiKey");
        _secrets.LookIn("the refusal", output);
        _secrets.Found.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task RotateEncryption_WhenTheServerRuns_ShouldKeepEverythingReadable()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        await using var server = await ServerUnderTest.StartAsync(api, Plant("the server's key"));
        async Task<JsonElement> TellAsync()
        {
            await using var client = await server.ConnectAsync();
            return (await client.AskAsync("token_info")).Data().GetProperty("user");
        }

        await using (var client = await server.ConnectAsync())
        {
            await client.AskAsync("update_token", new { claude_token = Plant("the user's key"), remember_token = true, scope = "user" });
        }

        var before = await TellAsync();
        var first = await server.RunAsync("keys", "rotate-encryption");
        var second = await server.RunAsync("keys", "rotate-encryption");
        var beside = await TellAsync();
        await server.StopAsync();
        await server.StartProcessAsync();

        first.ExitCode.ShouldBe(0, first.Output);
        first.Output.ShouldContain("1 stored credentials were sealed anew");
        second.Output.ShouldContain("nothing left under it and is gone");
        before.GetProperty("last_four").GetString().ShouldBe(_secrets["the user's key"][^4..]);
        beside.GetRawText().ShouldBe(before.GetRawText());
        (await TellAsync()).GetRawText().ShouldBe(before.GetRawText());
    }

    private async Task<string> UseSessionsAsync(ScriptedMessagesApi api, ServerUnderTest server, TestClient client)
    {
        api.Enqueue(
            Reply.ToolUse("mcp__tiny__echo", new { text = "hello" }),
            Reply.Text("echoed"),
            Reply.ToolUse("Bash", new { command = PlantedSecrets.LookAround, description = "look around" }),
            Reply.Text("looked"));
        await client.AskAsync("update_token", new { claude_token = Plant("the user's key"), remember_token = true, scope = "user" });
        var tools = (await client.AskAsync("create_session", new
        {
            mcp_servers = new { tiny = new { command = TinyMcpServer.Command, args = TinyMcpServer.Args(), env = new { TINY = "v", KEY = Plant("the MCP server's key") } } },
        })).Text("session_id")!;
        await ChatAsync(client, tools, "echo");

        // An MCP server's own process has what its user gave for it.
        _secrets.LookAtProcesses(server, except: "the MCP server's key");
        await client.AskAsync("session_control", new { action = "hibernate" }, session: tools);
        var own = (await client.AskAsync("create_session", new { claude_token = Plant("the session's key"), remember_token = true })).Text("session_id")!;
        var result = await ChatAsync(client, own, $"look around {_marker}");
        result.ShouldContain("search is over");
        _secrets.LookIn("the sandbox", result);
        api.Conversation[0].Headers["x-api-key"].ShouldBe(_secrets["the user's key"]);
        api.Conversation[^1].Headers["x-api-key"].ShouldBe(_secrets["the session's key"]);

        var updated = await client.AskAsync("update_token", new { claude_token = Plant("the session's token"), token_kind = "auth_token" }, session: own);
        updated.Data().GetProperty("valid").GetBoolean().ShouldBeTrue(updated.ToString());
        await client.AskAsync("update_token", new { claude_token = _secrets["the session's key"], remember_token = true }, session: own);
        await client.AskAsync("token_info", session: own);
        await client.AskAsync("list_sessions");
        await client.AskAsync("session_history", session: own);
        return own;
    }

    private async Task FailAsync(ScriptedMessagesApi api, TestClient client, string own)
    {
        // The API quotes what it was sent.
        api.Enqueue(Reply.Error(403, $"refused: {_secrets["the session's key"]}"));
        await ChatAsync(client, own, "will fail");
        api.OnKeyCheck = request => Reply.Error(401, $"not known: {request.Headers.GetValueOrDefault("x-api-key")}{request.Headers.GetValueOrDefault("Authorization")}");
        (await client.AskAsync("validate_token", new { claude_token = Plant("a bad key") })).Text("code").ShouldBe("CLAUDE_001");
        (await client.AskAsync("update_token", new { claude_token = Plant("a bad token"), token_kind = "auth_token" }, session: own)).Text("code").ShouldBe("CLAUDE_001");
        (await client.AskAsync("create_session", new { claude_token = Plant("a bad key of a session") })).Code().ShouldBe("CLAUDE_001");
        api.OnKeyCheck = _ => Reply.CutStream("");
        (await client.AskAsync("validate_token", new { claude_token = Plant("a key that cannot be asked about") })).Code().ShouldBe("CLAUDE_002");
        api.OnKeyCheck = _ => null;

        await client.AskAsync("validate_token", new { claude_token = $"{Plant("a key with a space")} and more" });
        await client.AskAsync("validate_token", new { claude_token = $"{Plant("a key with a line break")}\nX-Other: 1" });
        await client.AskAsync("update_token", new { claude_token = new[] { Plant("a key in an array") } });
        await client.AskAsync("update_token", new { claude_token = Plant("a key of no session") }, session: "00000000-0000-7000-8000-000000000000");
        await client.AskAsync("create_session", new { claude_token = _secrets["the user's key"], mcp_servers = new { broken = new { command = "x", env = new { KEY = new[] { Plant("an MCP key in an array") } } } } });
        await client.SendTextAsync($"{{\"type\":\"update_token\",\"data\":{{\"claude_token\":\"{Plant("a key in half a frame")}");
        await client.ReceiveAsync(frame => frame.Type() == "error" && frame.Code() == "WS_002", "the refusal of half a frame");
    }

    private async Task AskOverHttpAsync(ScriptedMessagesApi api, ServerUnderTest server)
    {
        await using (var stranger = await TestClient.ConnectAsync(server.WebSocket))
        {
            await stranger.SendAsync(new { type = "auth", content = Plant("a bad access token") });
            _answers.Add((await stranger.ReceiveAsync("error")).GetRawText());
        }

        using var http = new HttpClient { BaseAddress = server.Address };
        async Task AskAsync(Task<HttpResponseMessage> asking)
        {
            using var answer = await asking;
            _answers.Add($"{answer} {await answer.Content.ReadAsStringAsync()}");
        }

        await AskAsync(http.GetAsync(new Uri($"/signin?code={Plant("a sign-in code that was looked at")}", UriKind.Relative)));
        await AskAsync(http.PostAsJsonAsync("/auth/local", new { code = Plant("a bad sign-in code") }));
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Plant("a bad bearer token"));
        await AskAsync(http.GetAsync(new Uri("/api/session", UriKind.Relative)));
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.AccessToken);
        await AskAsync(http.PostAsJsonAsync("/api/claude/token/validate", new { claude_token = Plant("a key over HTTP") }));
        api.OnKeyCheck = request => Reply.Error(402, $"unpaid: {request.Headers["x-api-key"]}");
        await AskAsync(http.PutAsJsonAsync("/api/user/claude-token", new { claude_token = Plant("an unpaid key") }));
        api.OnKeyCheck = _ => null;
        await AskAsync(http.PutAsync(new Uri("/api/user/claude-token", UriKind.Relative), new StringContent($"{{\"claude_token\":\"{Plant("a key in half a body")}", null, "application/json")));
        await AskAsync(http.GetAsync(new Uri("/api/user/claude-token", UriKind.Relative)));
    }

    /// <summary>Sends a message, allows what is asked for, and waits for the end of the turn.</summary>
    /// <returns>The result of the tool, if one was used.</returns>
    private static async Task<string> ChatAsync(TestClient client, string session, string text)
    {
        await client.AskAsync("chat_message", content: text, session: session);
        var result = "";
        while (true)
        {
            var frame = await client.ReceiveAsync(f => f.Session() == session && f.Type() is "permission_request" or "tool_result" or "turn_completed", "the turn");
            switch (frame.Type())
            {
                case "permission_request":
                    await client.AskAsync("permission_response", new { request_id = frame.Text("request_id"), decision = "allow" }, session: session);
                    break;
                case "tool_result":
                    result = frame.GetRawText();
                    break;
                default:
                    return result;
            }
        }
    }

    private string Plant(string name) => _secrets.Plant(name);

    private void PlantSignIn(ServerUnderTest server)
    {
        _secrets.Plant($"sign-in code {server.ProcessId}", server.SignInCode);
        _secrets.Plant($"refresh token {server.ProcessId}", server.RefreshToken);
        _secrets.Plant($"access token {server.ProcessId}", server.AccessToken);
    }
}
