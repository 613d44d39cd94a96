using System.Net;
using System.Net.Http.Json;
using Claudy.Integration.Tests.GitHub;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Cli;

/// <summary><c>claudy signin</c> beside a running server, as its operator runs it.</summary>
public sealed class SignInCommandTests
{
    [Fact]
    public async Task SignIn_WhileAServerRuns_ShouldPrintALinkThatHoldsOnce()
    {
        await using var server = await ClaudyServer.StartAsync();

        var first = await CommandRun.OfAsync(server, "signin");
        var second = await CommandRun.OfAsync(server, "signin");

        (first.ExitCode, second.ExitCode).ShouldBe((0, 0), first.Error + second.Error);
        first.Output.ShouldMatch($"^{server.Address.AbsoluteUri}signin\\?code=[A-Za-z0-9_-]{{32}}$");
        second.Output.ShouldNotBe(first.Output);
        (await SignInAsync(server, first.Output)).ShouldBe(HttpStatusCode.OK);
        (await SignInAsync(server, first.Output)).ShouldBe(HttpStatusCode.Unauthorized);
        (await SignInAsync(server, second.Output)).ShouldBe(HttpStatusCode.OK);
        (await SignInAsync(server, server.Banner.ToString())).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task SignIn_ShouldLeaveTheHashForTheOwnerAloneAndARecord()
    {
        await using var server = await ClaudyServer.StartAsync();

        var code = CodeOf((await CommandRun.OfAsync(server, "signin")).Output);

        var file = Directory.GetFiles(Path.Combine(server.DataPath, "sign-in-codes")).ShouldHaveSingleItem();
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(Path.GetDirectoryName(file)!).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        FolderSearch.FilesWith(server.DataPath, code).ShouldBeEmpty();
        var audit = await CommandRun.OfAsync(server, "audit export --action sign_in.code_made");
        audit.Output.ShouldContain("\"credential\":\"console\"");
    }

    [Fact]
    public async Task SignIn_WhenSeveralTryTheSameLink_ShouldLetOneIn()
    {
        await using var server = await ClaudyServer.StartAsync();
        var link = (await CommandRun.OfAsync(server, "signin")).Output;

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => SignInAsync(server, link)));

        answers.Count(answer => answer == HttpStatusCode.OK).ShouldBe(1);
        Directory.GetFiles(Path.Combine(server.DataPath, "sign-in-codes")).ShouldBeEmpty();
    }

    [Fact]
    public async Task SignIn_WhenTheCodeRanOut_ShouldBeRefused()
    {
        await using var server = await ClaudyServer.StartAsync();
        var link = (await CommandRun.OfAsync(server, "signin")).Output;
        await File.WriteAllTextAsync(Directory.GetFiles(Path.Combine(server.DataPath, "sign-in-codes")).Single(), "1000");

        (await SignInAsync(server, link)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task SignIn_WhenNoServerRuns_ShouldSaySo()
    {
        await using var server = await ClaudyServer.StartAsync();

        var refused = await CommandRun.OfAsync(server, "signin", ("CLAUDY_DATA", Path.Combine(server.DataPath, "elsewhere")));

        (refused.ExitCode, refused.Output).ShouldBe((1, ""));
        refused.Error.ShouldContain("No server runs on the data folder");
    }

    [Fact]
    public async Task SignIn_WhenPeopleSignInWithGitHubOnly_ShouldSaySo()
    {
        await using var server = await GitHubServer.StartAsync();

        var refused = await CommandRun.OfAsync(server.Claudy, "signin");

        (refused.ExitCode, refused.Output).ShouldBe((1, ""));
        refused.Error.ShouldContain("Claudy:Auth:LocalMode");
    }

    private static string CodeOf(string text) => text.Split("code=")[1].Split([' ', '\n'])[0];

    private static async Task<HttpStatusCode> SignInAsync(ClaudyServer server, string link)
    {
        using var answer = await server.Http.PostAsJsonAsync("/auth/local", new { code = CodeOf(link) });
        return answer.StatusCode;
    }
}
