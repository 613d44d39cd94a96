using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Claudy.Integration.Tests.GitHub;
using Claudy.Integration.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary>What people sign in with, used in every way that may fail, and then looked for everywhere: real tokens of real sign-ins.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class PlantedSignInSecretsTests : IDisposable
{
    private readonly PlantedSecrets _secrets = new();
    private readonly List<string> _answers = [];
    private readonly string _marker = $"marker{Guid.NewGuid():N}";
    private readonly DirectoryInfo _keys = Directory.CreateTempSubdirectory("claudy-keys-");
    private readonly string _passphrase = $"open-{Guid.NewGuid():N}";
    private bool _isGitHubBroken;
    private int _gitHubRequests;

    public void Dispose() => _keys.Delete(recursive: true);

    [SkippableFact]
    public async Task SignIns_WhateverHappens_ShouldLeaveNoSecret()
    {
        ClaudeCodeBinary.Require();
        await using var gitHub = await StandInGitHub.StartAsync();
        gitHub.Visitor = new StandInAccount(7, "ada") { Emails = { ("ada@ada.example", true, true) } };
        gitHub.Interfere = WatchAsync;
        await using var server = await ServerUnderTest.StartAsync(new Dictionary<string, string>
        {
            ["GITHUB_CLIENT_ID"] = StandInGitHub.ClientId,
            ["GITHUB_CLIENT_SECRET"] = _secrets.Plant("the client secret", gitHub.ClientSecret),
            ["Claudy__GitHub__BaseUrl"] = gitHub.Address.AbsoluteUri,
            ["Claudy__GitHub__Admins__0"] = "ada",
            ["Claudy__Auth__LocalMode"] = "true",
            ["Logging:Console:LogLevel:Default"] = "Trace",
        });
        server.RequireSandbox();
        PlantLocalSignIn(server);
        using var http = new HttpClient { BaseAddress = server.Address };

        var ada = await SignInWithGitHubAsync(server, "ada");
        await FailWithGitHubAsync(server);
        await RefreshAsync(http, ada);
        await UsePersonalTokenAsync(http, server);
        var token = await server.RunAsync("token");
        token.ExitCode.ShouldBe(0, token.Output);
        _secrets.Plant("what claudy token printed", token.Output.Trim());
        await RequestAsync(http, HttpMethod.Get, "/api/user/profile", _secrets["what claudy token printed"], HttpStatusCode.OK);
        await using (var client = await server.ConnectAsync())
        {
            await TurnAsync(client, await client.CreateSessionAsync(_marker), "hello");
            _secrets.LookIn("a frame", string.Join('\n', client.Received));
            _secrets.LookAtProcesses(server);
        }

        var export = await server.RunAsync("audit", "export");
        export.Output.ShouldContain("sign_in.github");
        await server.StopAsync();

        server.Output.ShouldContain("trce: ");
        _secrets.LookIn("the exported audit log", export.Output);
        _secrets.LookIn("an answer", string.Join('\n', _answers));
        _secrets.LookInOutput(server);
        _secrets.LookInFiles(server.DataPath, _marker);
        _gitHubRequests.ShouldBeGreaterThan(5);
        _secrets.Found.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task GivenKeyAndToken_WhateverHappens_ShouldBeFoundNowhere()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        var key = GiveSigningKey();
        await using var server = await ServerUnderTest.StartAsync(new Dictionary<string, string>
        {
            ["CLAUDE_API_BASE_URL"] = api.Address.ToString(),
            ["ANTHROPIC_AUTH_TOKEN"] = _secrets.Plant("the server's token"),
            ["JWT_PRIVATE_KEY_PATH"] = key,
            ["JWT_PRIVATE_KEY_PASSPHRASE"] = _secrets.Plant("the passphrase", _passphrase),
            ["Logging:Console:LogLevel:Default"] = "Trace",
        });
        server.RequireSandbox();
        PlantLocalSignIn(server);
        using var http = new HttpClient { BaseAddress = server.Address };
        await UsePersonalTokenAsync(http, server);
        await using (var client = await server.ConnectAsync())
        {
            var session = await client.CreateSessionAsync(_marker);
            api.Enqueue(Reply.ToolUse("Bash", new { command = PlantedSecrets.LookAround, description = "look around" }), Reply.Text("looked"));
            var seen = await TurnAsync(client, session, "look around");
            seen.ShouldContain("search is over");
            _secrets.LookIn("the sandbox", seen);
            api.Conversation[0].Headers["Authorization"].ShouldBe($"Bearer {_secrets["the server's token"]}");

            // The API quotes what it was sent.
            api.Enqueue(Reply.Error(403, $"refused: {_secrets["the server's token"]}"));
            await TurnAsync(client, session, "will fail");
            _secrets.LookAtProcesses(server);
            _secrets.LookIn("a frame", string.Join('\n', client.Received));
        }

        _secrets.LookIn("the refusal of a passphrase", await StartWithAnotherPassphraseAsync(server, key));
        await server.StopAsync();

        _secrets.LookIn("an answer", string.Join('\n', _answers));
        _secrets.LookInOutput(server);
        _secrets.LookInFiles(server.DataPath, _marker);
        _secrets.Found.ShouldBeEmpty();
    }

    // Every token that GitHub gave comes back to it, and so is known; it may quote what it was sent.
    private async Task<bool> WatchAsync(HttpContext context)
    {
        var number = Interlocked.Increment(ref _gitHubRequests);
        var quoted = context.Request.Headers.Authorization.ToString();
        if (context.Request.Path == "/login/oauth/access_token")
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            quoted = _secrets.Plant($"PKCE verifier {number}", form["code_verifier"].ToString()) + form["code"] + form["client_secret"];
        }
        else if (quoted.StartsWith("Bearer ", StringComparison.Ordinal))
        {
            _secrets.Plant($"GitHub's access token {number}", quoted["Bearer ".Length..]);
        }

        if (!_isGitHubBroken || context.Request.Path == "/login/oauth/authorize")
        {
            return false;
        }

        context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        await context.Response.WriteAsJsonAsync(new { message = $"broken by {quoted}" }, context.RequestAborted);
        return true;
    }

    private async Task<JsonElement> SignInWithGitHubAsync(ServerUnderTest server, string name)
    {
        using var browser = new Browser(server.Address);
        var callback = await ComeBackAsync(browser, server, name);
        using var answer = await browser.GoOnAsync(callback);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        var signedIn = await answer.Content.ReadFromJsonAsync<JsonElement>();
        PlantTokens(name, signedIn);

        // What was used once is sent again.
        using var again = await browser.GoOnAsync(callback);
        again.IsSuccessStatusCode.ShouldBeFalse();
        await NoteAsync(again);
        return signedIn;
    }

    private async Task FailWithGitHubAsync(ServerUnderTest server)
    {
        _isGitHubBroken = true;
        using (var browser = new Browser(server.Address))
        using (var answer = await browser.GoOnAsync(await ComeBackAsync(browser, server, "somebody whom GitHub fails")))
        {
            answer.IsSuccessStatusCode.ShouldBeFalse();
            await NoteAsync(answer);
        }

        _isGitHubBroken = false;
        using var other = new Browser(server.Address);
        var callback = await ComeBackAsync(other, server, "somebody with a bad code");
        var query = QueryHelpers.ParseQuery(callback.Query).ToDictionary(field => field.Key, field => (string?)field.Value.ToString());
        query["code"] = _secrets.Plant("a code that GitHub never gave");
        using var refused = await other.GoOnAsync(new Uri(QueryHelpers.AddQueryString(callback.GetLeftPart(UriPartial.Path), query)));
        refused.IsSuccessStatusCode.ShouldBeFalse();
        await NoteAsync(refused);
    }

    private async Task<Uri> ComeBackAsync(Browser browser, ServerUnderTest server, string name)
    {
        var callback = await browser.ConsentAsync(await browser.BeginAsync());
        var query = QueryHelpers.ParseQuery(callback.Query);
        _secrets.Plant($"the code for {name}", query["code"].ToString());
        _secrets.Plant($"the state for {name}", query["state"].ToString());
        var cookie = browser.Cookies.GetCookies(new Uri(server.Address, "/auth/github")).ShouldHaveSingleItem();
        _secrets.Plant($"the cookie for {name}", cookie.Value);
        return callback;
    }

    private async Task RefreshAsync(HttpClient http, JsonElement signedIn)
    {
        var first = signedIn.GetProperty("refresh_token").GetString();
        using var answer = await http.PostAsJsonAsync("/auth/refresh", new { refresh_token = first });
        var refreshed = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
        PlantTokens("the refreshed one", refreshed);

        var second = refreshed.GetProperty("refresh_token").GetString();
        using var revoked = await http.PostAsJsonAsync("/auth/revoke", new { refresh_token = second });
        revoked.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        foreach (var token in new[] { first, second, _secrets.Plant("no refresh token") })
        {
            using var refused = await http.PostAsJsonAsync("/auth/refresh", new { refresh_token = token });
            refused.IsSuccessStatusCode.ShouldBeFalse();
            await NoteAsync(refused);
        }

        await RequestAsync(http, HttpMethod.Get, "/api/user/profile", refreshed.GetProperty("access_token").GetString()!, HttpStatusCode.Unauthorized);
    }

    private async Task UsePersonalTokenAsync(HttpClient http, ServerUnderTest server)
    {
        using var creating = new HttpRequestMessage(HttpMethod.Post, "/api/user/tokens") { Content = JsonContent.Create(new { name = "a script's" }) };
        creating.Headers.Authorization = new AuthenticationHeaderValue("Bearer", server.AccessToken);
        using var created = await http.SendAsync(creating);
        created.StatusCode.ShouldBe(HttpStatusCode.Created);
        var data = await created.Content.ReadFromJsonAsync<JsonElement>();
        var token = _secrets.Plant("the personal access token", data.GetProperty("token").GetString()!);
        token.ShouldStartWith("claudy_pat_");
        await RequestAsync(http, HttpMethod.Get, "/api/user/profile", token, HttpStatusCode.OK);
        await using (var script = await TestClient.ConnectAsync(server.WebSocket))
        {
            (await script.AskAsync("auth", content: token)).Type().ShouldBe("auth_success");
            await script.AskAsync("list_sessions");
            _secrets.LookIn("a frame of a script", string.Join('\n', script.Received));
        }

        await RequestAsync(http, HttpMethod.Post, "/api/user/tokens", token, HttpStatusCode.Forbidden);
        await RequestAsync(http, HttpMethod.Get, "/api/user/tokens", server.AccessToken, HttpStatusCode.OK);
        await RequestAsync(http, HttpMethod.Delete, $"/api/user/tokens/{data.GetProperty("id").GetString()}", server.AccessToken, HttpStatusCode.NoContent);
        await RequestAsync(http, HttpMethod.Get, "/api/user/profile", token, HttpStatusCode.Unauthorized);
    }

    private async Task RequestAsync(HttpClient http, HttpMethod method, string path, string token, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await http.SendAsync(request);
        await NoteAsync(answer);
        answer.StatusCode.ShouldBe(expected, $"{method} {path}: {_answers[^1]}");
    }

    private async Task NoteAsync(HttpResponseMessage answer) => _answers.Add($"{answer} {await answer.Content.ReadAsStringAsync()}");

    private void PlantTokens(string name, JsonElement signedIn)
    {
        _secrets.Plant($"the access token of {name}", signedIn.GetProperty("access_token").GetString()!);
        _secrets.Plant($"the refresh token of {name}", signedIn.GetProperty("refresh_token").GetString()!);
    }

    private void PlantLocalSignIn(ServerUnderTest server)
    {
        _secrets.Plant("the sign-in code", server.SignInCode);
        _secrets.Plant("the local user's access token", server.AccessToken);
        _secrets.Plant("the local user's refresh token", server.RefreshToken);
    }

    private string GiveSigningKey()
    {
        var path = Path.Combine(_keys.FullName, "signing.pem");
        using var key = RSA.Create(2048);
        File.WriteAllText(path, key.ExportEncryptedPkcs8PrivateKeyPem(_passphrase, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _secrets.Plant("a line of the signing key", key.ExportPkcs8PrivateKeyPem().Split('\n')[10]);
        return path;
    }

    private async Task<string> StartWithAnotherPassphraseAsync(ServerUnderTest server, string key)
    {
        var start = server.Command(["token"]);
        start.Environment["JWT_PRIVATE_KEY_PATH"] = key;
        start.Environment["JWT_PRIVATE_KEY_PASSPHRASE"] = _secrets.Plant("another passphrase");
        using var process = Process.Start(start)!;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(1);
        output[1].ShouldContain("passphrase");
        return string.Join('\n', output);
    }

    // Sends a message, allows what is asked for, and waits for the end of the turn; what the last tool gave.
    private static async Task<string> TurnAsync(TestClient client, string session, string text)
    {
        await client.AskAsync("chat_message", content: text, session: session);
        var result = "";
        while (true)
        {
            var frame = await client.ReceiveAsync(f => f.Session() == session && f.Type() is "permission_request" or "tool_result" or "turn_completed", "the turn");
            if (frame.Type() == "turn_completed")
            {
                return result;
            }

            result = frame.Type() == "tool_result" ? frame.GetRawText() : result;
            if (frame.Type() == "permission_request")
            {
                await client.AskAsync("permission_response", new { request_id = frame.Text("request_id"), decision = "allow" }, session: session);
            }
        }
    }
}
