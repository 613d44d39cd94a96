using System.Net;
using System.Net.Http.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Infrastructure.GitHub;
using Claudy.Integration.Tests.Support;
using Claudy.WebApi.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.GitHub;

/// <summary>What a start with GitHub configured opens, and what it refuses.</summary>
public sealed class GitHubStartTests
{
    private static readonly Uri LocalSignIn = new("/auth/local", UriKind.Relative);

    [Fact]
    public async Task Start_WhenGitHubIsConfigured_ShouldHaveNoLocalMode()
    {
        await using var server = await StartAsync();
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = server.Address };

        using var local = await http.PostAsJsonAsync(LocalSignIn, new { code = "x" });
        using var page = await http.GetAsync(new Uri("/signin", UriKind.Relative));

        local.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        page.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        page.Headers.Location!.OriginalString.ShouldBe("/auth/github");
        server.Banner.ToString().ShouldContain($"{server.Address.ToString().TrimEnd('/')}/auth/github");
        server.Banner.ToString().ShouldNotContain("signin?code=");
    }

    [Fact]
    public async Task Start_WhenLocalModeIsAskedForToo_ShouldHaveBoth()
    {
        await using var server = await StartAsync(("Claudy:Auth:LocalMode", "true"));

        using var local = await server.Http.PostAsJsonAsync(LocalSignIn, new { code = "x" });
        using var gitHub = await server.Http.PostAsync(new Uri("/auth/github", UriKind.Relative), null);

        local.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        gitHub.StatusCode.ShouldBe(HttpStatusCode.OK);
        server.Banner.ToString().ShouldContain("signin?code=");
    }

    [Fact]
    public async Task Start_WhenGitHubIsNotConfigured_ShouldHaveLocalModeOnly()
    {
        await using var server = await ClaudyServer.StartAsync();

        using var begin = await server.Http.GetAsync(new Uri("/auth/github", UriKind.Relative));
        using var callback = await server.Http.PostAsJsonAsync(new Uri("/auth/github/callback", UriKind.Relative), new { code = "x", state = "y" });

        begin.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        callback.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Start_WhenNothingKeepsUsersApart_ShouldBeRefused() =>
        (await Should.ThrowAsync<StartupException>(() => StartAsync(isIsolating: false))).Message.ShouldContain("bubblewrap");

    [Fact]
    public async Task Start_WhenNobodyIsNamed_ShouldBeRefused() =>
        (await Should.ThrowAsync<StartupException>(() => StartAsync(("Claudy:GitHub:AllowAnyone", "false")))).Message.ShouldContain("Claudy:GitHub:Admins");

    [Fact]
    public async Task Start_WhenNobodyCouldSignIn_ShouldBeRefused() =>
        (await Should.ThrowAsync<StartupException>(() => ClaudyServer.StartAsync(new() { ["Claudy:Auth:LocalMode"] = "false" }))).Message.ShouldContain("GITHUB_CLIENT_ID");

    [Theory]
    [InlineData("Claudy:GitHub:ClientSecret", "", "GITHUB_CLIENT_SECRET")]
    [InlineData("Claudy:GitHub:BaseUrl", "http://github.example", "BaseUrl")]
    [InlineData("Claudy:GitHub:BaseUrl", "github.example", "BaseUrl")]
    [InlineData("Claudy:GitHub:ApiUrl", "http://api.github.example", "ApiUrl")]
    [InlineData("Claudy:GitHub:Timeout", "00:10:00", "Timeout")]
    [InlineData("Claudy:GitHub:CallbackUrl", "/auth/github/callback", "CallbackUrl")]
    [InlineData("Claudy:GitHub:Admins:0", "@ada", "Admins")]
    [InlineData("Claudy:GitHub:AllowedLogins:0", "id:ada", "AllowedLogins")]
    [InlineData("Claudy:GitHub:AllowedOrganizations:0", "id:7", "AllowedOrganizations")]
    public async Task Start_WhenASettingIsWrong_ShouldNameIt(string key, string value, string named)
    {
        var exception = await Should.ThrowAsync<Exception>(() => StartAsync((key, value)));

        ServeCommand.Explain(exception).ShouldHaveSingleItem().ShouldContain(named);
    }

    [Fact]
    public async Task Begin_WhenTheCallbackIsConfigured_ShouldNameItAndKeepTheCookieToTls()
    {
        await using var server = await StartAsync(("Claudy:GitHub:CallbackUrl", "https://claudy.example/auth/github/callback"));
        using var browser = new Browser(server.Address);

        using var response = await browser.Http.GetAsync(new Uri("/auth/github", UriKind.Relative));

        response.Headers.Location!.Query.ShouldContain("redirect_uri=https%3A%2F%2Fclaudy.example%2Fauth%2Fgithub%2Fcallback");
        response.Headers.GetValues("Set-Cookie").Single().ShouldContain("secure");
    }

    [Theory]
    [InlineData("http://0.0.0.0:0", null, false)]
    [InlineData("http://0.0.0.0:0", "true", true)]
    public void Listen_WhenGitHubIsConfigured_ShouldMindLocalModeAlone(string urls, string? localMode, bool isRefused)
    {
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = urls,
            ["Claudy:GitHub:ClientId"] = "stand-in-app",
            ["Claudy:GitHub:AllowAnyone"] = "true",
            ["Claudy:Auth:LocalMode"] = localMode,
        });

        var apply = () => ListeningPolicy.Apply(configuration);

        if (isRefused)
        {
            apply.ShouldThrow<StartupException>();
        }
        else
        {
            apply.ShouldNotThrow();
        }
    }

    [Theory]
    [InlineData("https://github.com", null, "https://api.github.com/")]
    [InlineData("https://github.com/", null, "https://api.github.com/")]
    [InlineData("https://octo.ghe.com", null, "https://api.octo.ghe.com/")]
    [InlineData("https://github.example", null, "https://github.example/api/v3/")]
    [InlineData("https://github.example", "https://api.example/x", "https://api.example/x/")]
    public void Api_ShouldBeWhereGitHubHasIt(string baseUrl, string? apiUrl, string expected) =>
        new GitHubOptions { BaseUrl = baseUrl, ApiUrl = apiUrl }.Api.AbsoluteUri.ShouldBe(expected);

    private static Task<ClaudyServer> StartAsync(params (string Key, string Value)[] settings) => StartAsync(isIsolating: true, settings);

    private static Task<ClaudyServer> StartAsync(bool isIsolating, params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string?>
        {
            ["Claudy:GitHub:ClientId"] = "stand-in-app",
            ["Claudy:GitHub:ClientSecret"] = $"made-up-{Guid.NewGuid():N}",
            ["Claudy:GitHub:AllowAnyone"] = "true",
        };
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        return ClaudyServer.StartAsync(all, change: services => services.AddSingleton<IAgentLauncher>(new FakeAgentLauncher { IsIsolating = isIsolating }));
    }
}
