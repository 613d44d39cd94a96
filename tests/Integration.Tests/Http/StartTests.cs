using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Claudy.Integration.Tests.Support;
using Claudy.WebApi.Hosting;
using Microsoft.Extensions.Configuration;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Http;

public sealed partial class StartTests
{
    [Fact]
    public async Task Start_ShouldTellWhereItIsAndHowToSignIn()
    {
        await using var server = await ClaudyServer.StartAsync();
        var banner = server.Banner.ToString();

        banner.ShouldContain(server.Address.ToString().TrimEnd('/'));
        banner.ShouldContain("NONE: sessions run with the rights of this server");
        banner.ShouldContain(server.DataPath);
        var code = Link().Match(banner).Groups["code"].Value;
        using var signedIn = await server.Http.PostAsJsonAsync(new Uri("/auth/local", UriKind.Relative), new { code });
        signedIn.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Start_WhenAnotherServerHasTheDataFolder_ShouldSaySo()
    {
        await using var first = await ClaudyServer.StartAsync();

        var refused = await Should.ThrowAsync<StartupException>(() => ClaudyServer.StartAsync(dataPath: first.DataPath));

        refused.Message.ShouldContain("Another Claudy server");
        refused.Message.ShouldContain(first.DataPath);
    }

    [Fact]
    public async Task Start_ShouldKeepTheDataFolderToItsOwner()
    {
        await using var server = await ClaudyServer.StartAsync();

        File.GetUnixFileMode(server.DataPath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://*:0")]
    [InlineData("http://127.0.0.1:0;http://192.0.2.1:0")]
    [InlineData("http://[::]:0")]
    public void Listen_WhenItIsNotLoopback_ShouldBeRefused(string urls) =>
        Should.Throw<StartupException>(() => ListeningPolicy.Apply(Settings(("urls", urls)))).Message.ShouldContain(ListeningPolicy.AllowRemoteKey);

    [Theory]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("http://localhost:0")]
    [InlineData("http://[::1]:0")]
    [InlineData("http://127.1.2.3:80;http://localhost:81")]
    public void Listen_WhenItIsLoopback_ShouldBeAllowed(string urls) =>
        Should.NotThrow(() => ListeningPolicy.Apply(Settings(("urls", urls))));

    [Fact]
    public void Listen_WhenAnEndpointOfKestrelIsNotLoopback_ShouldBeRefused() =>
        Should.Throw<StartupException>(() => ListeningPolicy.Apply(Settings(("Kestrel:Endpoints:All:Url", "http://0.0.0.0:80"))));

    [Fact]
    public void Listen_WhenTheOperatorSaysSo_ShouldBeAllowed() =>
        Should.NotThrow(() => ListeningPolicy.Apply(Settings(("urls", "http://0.0.0.0:80"), (ListeningPolicy.AllowRemoteKey, "true"))));

    [Fact]
    public void Listen_WhenNothingIsSaid_ShouldBePort8080OfLoopback()
    {
        var settings = Settings();

        ListeningPolicy.Apply(settings);

        settings["urls"].ShouldBe("http://127.0.0.1:8080");
    }

    [Theory]
    [InlineData("Claudy:Http:MaxFrameBytes", "1")]
    [InlineData("Claudy:Http:MaxFrameBytes", "many")]
    [InlineData("Claudy:Http:PingInterval", "00:00:00")]
    [InlineData("Claudy:Sessions:MaxPerUser", "0")]
    public async Task Start_WhenASettingIsWrong_ShouldNameIt(string key, string value)
    {
        var exception = await Should.ThrowAsync<Exception>(() => ClaudyServer.StartAsync(new() { [key] = value }));

        ServeCommand.Explain(exception).ShouldHaveSingleItem().ShouldContain(key.Split(':')[^1]);
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("70000")]
    [InlineData("-1")]
    [InlineData("80 ")]
    public void Port_WhenItIsNone_ShouldBeRefusedByName(string port) =>
        Should.Throw<StartupException>(() => PlainNames.AddressOf(port)).Message.ShouldContain("PORT");

    [Fact]
    public void Port_WhenItIsOne_ShouldBeOfLoopback() => PlainNames.AddressOf("9000").ShouldBe("http://127.0.0.1:9000");

    [Fact]
    public async Task Start_WhenThePortIsTaken_ShouldSaySo()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";

        var exception = await Should.ThrowAsync<IOException>(() => ClaudyServer.StartAsync(new() { ["urls"] = url }));

        ServeCommand.Explain(exception).ShouldHaveSingleItem().ShouldContain("choose another address");
    }

    private static ConfigurationManager Settings(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value)));
        return configuration;
    }

    [GeneratedRegex("/signin\\?code=(?<code>[^ ]+)")]
    private static partial Regex Link();
}
