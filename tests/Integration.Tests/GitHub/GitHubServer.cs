using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Integration.Tests.Support;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;

namespace Claudy.Integration.Tests.GitHub;

/// <summary>A server that people sign in to with a stand-in of GitHub.</summary>
internal sealed class GitHubServer : IAsyncDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("claudy-github-");

    private GitHubServer(StandInGitHub gitHub) => GitHub = gitHub;

    public StandInGitHub GitHub { get; }

    public ClaudyServer Claudy { get; private set; } = null!;

    /// <summary>Starts both.</summary>
    /// <param name="settings">Settings beneath <c>Claudy:GitHub</c>, and others with their whole name; everybody may sign in when they say nothing of it.</param>
    public static async Task<GitHubServer> StartAsync(params (string Key, string Value)[] settings)
    {
        var server = new GitHubServer(await StandInGitHub.StartAsync());
        await server.StartClaudyAsync(settings);
        return server;
    }

    /// <summary>Stops the server and starts it with the same data and other settings.</summary>
    public async Task RestartAsync(params (string Key, string Value)[] settings)
    {
        await Claudy.DisposeAsync();
        await StartClaudyAsync(settings);
    }

    public Browser OpenBrowser() => new(Claudy.Address);

    /// <summary>Signs an account in, in a browser of its own.</summary>
    public async Task<HttpResponseMessage> SignInAsync(StandInAccount account)
    {
        GitHub.Visitor = account;
        using var browser = OpenBrowser();
        return await browser.SignInAsync();
    }

    /// <summary>Signs an account in, which must work.</summary>
    public async Task<JsonElement> SignedInAsync(StandInAccount account)
    {
        using var response = await SignInAsync(account);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>Signs an account in, which must fail, and gives the problem.</summary>
    public async Task<JsonElement> RefusedAsync(StandInAccount account)
    {
        using var response = await SignInAsync(account);
        response.IsSuccessStatusCode.ShouldBeFalse();
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    public async Task<JsonElement> ProfileAsync(JsonElement signedIn)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/user/profile");
        request.Headers.Authorization = new("Bearer", signedIn.GetProperty("access_token").GetString());
        using var response = await Claudy.Http.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    public async ValueTask DisposeAsync()
    {
        await Claudy.DisposeAsync();
        await GitHub.DisposeAsync();
        _data.Delete(recursive: true);
    }

    private async Task StartClaudyAsync((string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string?>
        {
            ["Claudy:GitHub:ClientId"] = StandInGitHub.ClientId,
            ["Claudy:GitHub:ClientSecret"] = GitHub.ClientSecret,
            ["Claudy:GitHub:BaseUrl"] = GitHub.Address.AbsoluteUri,
        };
        if (settings.All(setting => !setting.Key.StartsWith('A')))
        {
            all["Claudy:GitHub:AllowAnyone"] = "true";
        }

        foreach (var (key, value) in settings)
        {
            all[key.StartsWith("Claudy:", StringComparison.Ordinal) ? key : $"Claudy:GitHub:{key}"] = value;
        }

        Claudy = await ClaudyServer.StartAsync(all, _data.FullName, services => services.AddSingleton<IAgentLauncher>(new FakeAgentLauncher { IsIsolating = true }));
    }
}

/// <summary>A browser that does what the page behind the callback does.</summary>
internal sealed class Browser : IDisposable
{
    private readonly HttpClientHandler _handler = new() { AllowAutoRedirect = false, CookieContainer = new CookieContainer() };
    private readonly HttpClient _http;

    public Browser(Uri server) => _http = new HttpClient(_handler) { BaseAddress = server };

    public HttpClient Http => _http;

    public CookieContainer Cookies => _handler.CookieContainer;

    public async Task<HttpResponseMessage> SignInAsync() => await GoOnAsync(await ConsentAsync(await BeginAsync()));

    /// <summary>Follows the way to GitHub.</summary>
    public async Task<Uri> BeginAsync()
    {
        using var response = await _http.GetAsync(new Uri("/auth/github", UriKind.Relative));
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        return response.Headers.Location!;
    }

    /// <summary>Answers at GitHub, and follows the way back.</summary>
    public async Task<Uri> ConsentAsync(Uri authorizeUrl)
    {
        using var response = await _http.GetAsync(authorizeUrl);
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        return response.Headers.Location!;
    }

    /// <summary>Opens the page that GitHub leads back to, and runs what its script runs.</summary>
    public async Task<HttpResponseMessage> GoOnAsync(Uri callback)
    {
        using var page = await _http.GetAsync(callback);
        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        page.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        var query = QueryHelpers.ParseQuery(callback.Query);
        return await _http.PostAsJsonAsync(
            new Uri("/auth/github/callback", UriKind.Relative),
            query.Where(field => field.Key is "code" or "state" or "error").ToDictionary(field => field.Key, field => field.Value.ToString()));
    }

    public void Dispose()
    {
        _http.Dispose();
        _handler.Dispose();
    }
}
