using System.Net;
using System.Net.Http.Headers;
using Claudy.Integration.Tests.Support;
using Microsoft.IdentityModel.JsonWebTokens;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Cli;

/// <summary><c>claudy keys</c>, <c>claudy users</c> and <c>claudy token</c> beside a running server, as its operator runs them.</summary>
public sealed class KeysCommandTests
{
    [Fact]
    public async Task Rotate_WhileAServerRuns_ShouldBeNoticedAndSignNobodyOut()
    {
        await using var server = await ClaudyServer.StartAsync();
        var before = await CommandRun.OfAsync(server, "token");

        var rotated = await CommandRun.OfAsync(server, "keys rotate");
        var after = await CommandRun.OfAsync(server, "token");

        (before.ExitCode, rotated.ExitCode, after.ExitCode).ShouldBe((0, 0, 0), rotated.Error);
        new JsonWebToken(after.Output).Kid.ShouldBe(rotated.Output);
        (await StatusAsync(server, before.Output)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(server, after.Output)).ShouldBe(HttpStatusCode.OK);
        new JsonWebToken(await server.TokenAsync()).Kid.ShouldBe(rotated.Output);
    }

    [Fact]
    public async Task Rotate_WhenTheKeyWasStolen_ShouldRefuseWhatItSigned()
    {
        await using var server = await ClaudyServer.StartAsync();
        var stolen = await CommandRun.OfAsync(server, "token");

        await CommandRun.OfAsync(server, "keys rotate --at-once");
        var after = await CommandRun.OfAsync(server, "token");

        (await StatusAsync(server, after.Output)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(server, stolen.Output)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task ShutOut_WhileAServerRuns_ShouldRefuseWhatTheUserHas()
    {
        await using var server = await ClaudyServer.StartAsync();
        var token = await CommandRun.OfAsync(server, "token");
        (await StatusAsync(server, token.Output)).ShouldBe(HttpStatusCode.OK);

        var shutOut = await CommandRun.OfAsync(server, "users shut-out LOCAL");
        var unknown = await CommandRun.OfAsync(server, "users shut-out nobody");

        shutOut.ExitCode.ShouldBe(0, shutOut.Error);
        shutOut.Output.ShouldContain("local is signed out everywhere");
        await Processes.Eventually.IsTrueAsync(async () => await StatusAsync(server, token.Output) == HttpStatusCode.Unauthorized, "the token was refused");
        (unknown.ExitCode, unknown.Error.Trim()).ShouldBe((1, "Nobody called nobody ever signed in here."));
    }

    [Fact]
    public async Task Rotate_WhenTheOperatorGivesTheKey_ShouldSayWhatToDo()
    {
        await using var server = await ClaudyServer.StartAsync();

        var refused = await CommandRun.OfAsync(server, "keys rotate", ("JWT_PRIVATE_KEY_PATH", Path.Combine(server.DataPath, "keys", "jwt-private.pem")));

        refused.ExitCode.ShouldBe(1);
        refused.Error.ShouldContain("Claudy:Auth:PublicKeyPath");
    }

    [Theory]
    [InlineData("keys rotate")]
    [InlineData("token")]
    public async Task Run_WhenTheKeyCannotBeRead_ShouldSayWhy(string arguments)
    {
        await using var server = await ClaudyServer.StartAsync();

        var refused = await CommandRun.OfAsync(server, arguments, ("JWT_PRIVATE_KEY_PATH", "/nonexistent/key.pem"));

        refused.ExitCode.ShouldBe(1);
        refused.Error.ShouldContain("/nonexistent/key.pem");
        refused.Error.ShouldNotContain("Exception");
    }

    private static async Task<HttpStatusCode> StatusAsync(ClaudyServer server, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/session");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return (await server.Http.SendAsync(request)).StatusCode;
    }
}
