using Claudy.WebApi.Cli;
using Claudy.WebApi.Cli.Chat;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Cli;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("--urls http://127.0.0.1:1", "--urls http://127.0.0.1:1")]
    [InlineData("serve --Claudy:Http:FrameBurst 9", "--Claudy:Http:FrameBurst 9")]
    public async Task RunAsync_WhenTheServerIsMeant_ShouldPassItsSettingsOn(string arguments, string expected)
    {
        string? passed = null;

        var exitCode = await CommandLine.RunAsync(Split(arguments), settings =>
        {
            passed = string.Join(' ', settings);
            return Task.FromResult(7);
        });

        passed.ShouldBe(expected);
        exitCode.ShouldBe(7);
    }

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("chat --no-such-option")]
    [InlineData("chat --url nonsense hello")]
    [InlineData("chat --url wss://elsewhere.example/ws hello")]
    [InlineData("export")]
    [InlineData("export 01990000-0000-7000-8000-000000000001 --format pdf")]
    [InlineData("export 01990000-0000-7000-8000-000000000001 --url nonsense")]
    [InlineData("export 01990000-0000-7000-8000-000000000001 --url https://elsewhere.example")]
    public async Task RunAsync_WhenTheCommandLineIsWrong_ShouldLeaveWith2(string arguments) =>
        (await CommandLine.RunAsync(Split(arguments), _ => Task.FromResult(0))).ShouldBe(ExitCode.Usage);

    [Theory]
    [InlineData("http://127.0.0.1:8080", "ws://127.0.0.1:8080/ws")]
    [InlineData("https://claudy.example", "wss://claudy.example/ws")]
    [InlineData("ws://[::1]:9/other", "ws://[::1]:9/other")]
    public void ServerUrl_WhenItIsOne_ShouldBecomeTheWebSockets(string text, string expected) =>
        ServerUrl.Parse(text).ShouldNotBeNull().ToString().ShouldBe(new Uri(expected).ToString());

    [Theory]
    [InlineData(null, "http://127.0.0.1:8080")]
    [InlineData("9000", "http://127.0.0.1:9000")]
    [InlineData("a port", "http://127.0.0.1:8080")]
    public void ServerUrl_WhenNoneIsGiven_ShouldBeWhereAServerListens(string? port, string expected) =>
        ServerUrl.DefaultFor(port).ShouldBe(expected);

    [Theory]
    [InlineData("ftp://host")]
    [InlineData("host")]
    public void ServerUrl_WhenItIsNone_ShouldBeRefused(string text) =>
        ServerUrl.Parse(text).ShouldBeNull();

    private static string[] Split(string arguments) => arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
