using Claudy.Application.Authentication;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Users;
using Claudy.WebApi.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Claudy.Integration.Tests.Support;

/// <summary>The whole server on a free port of loopback, with its real stores in a folder of its own and agents in memory.</summary>
internal sealed class ClaudyServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly DirectoryInfo _data;
    private readonly bool _ownsData;

    private ClaudyServer(WebApplication app, DirectoryInfo data, bool ownsData, FakeAgentLauncher agents, StringWriter banner)
    {
        _app = app;
        _data = data;
        _ownsData = ownsData;
        Agents = agents;
        Banner = banner;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Http = new HttpClient { BaseAddress = Address };
    }

    public FakeAgentLauncher Agents { get; }

    public Uri Address { get; }

    public Uri WebSocket => new($"ws://{Address.Authority}/ws");

    public HttpClient Http { get; }

    /// <summary>What the server told at its start.</summary>
    public StringWriter Banner { get; }

    public IServiceProvider Services => _app.Services;

    public string DataPath => _data.FullName;

    /// <summary>Starts a server.</summary>
    /// <param name="settings">Settings, as <c>Claudy:Section:Key</c>.</param>
    /// <param name="dataPath">A data folder that an earlier server used; null for a fresh one.</param>
    /// <param name="change">Changes the composition.</param>
    public static async Task<ClaudyServer> StartAsync(
        Dictionary<string, string?>? settings = null, string? dataPath = null, Action<IServiceCollection>? change = null)
    {
        var data = dataPath is null ? Directory.CreateTempSubdirectory("claudy-") : new DirectoryInfo(dataPath);
        var agents = new FakeAgentLauncher();
        var banner = new StringWriter();
        WebApplication? app = null;
        try
        {
            app = Server.Build([], builder =>
            {
                builder.Configuration["Claudy:Data"] = data.FullName;
                builder.Configuration["Claudy:Sandbox:Mode"] = "None";
                builder.Configuration["Claudy:Claude:ApiKey"] = $"made-up-{Guid.NewGuid():N}";
                builder.Configuration["urls"] = "http://127.0.0.1:0";
                foreach (var (key, value) in settings ?? [])
                {
                    builder.Configuration[key] = value;
                }

                builder.Logging.ClearProviders();
                builder.Services.Replace(ServiceDescriptor.Singleton<IAgentLauncher>(agents));
                builder.Services.Replace(ServiceDescriptor.Singleton<IApiBroker, NoApiBroker>());
                builder.Services.Replace(ServiceDescriptor.Singleton(new BannerOutput(banner)));
                change?.Invoke(builder.Services);
            });
            await app.StartAsync();
        }
        catch
        {
            if (app is not null)
            {
                await app.DisposeAsync();
            }

            if (dataPath is null)
            {
                data.Delete(recursive: true);
            }

            throw;
        }

        return new ClaudyServer(app, data, dataPath is null, agents, banner);
    }

    /// <summary>An access token of a user, who is made when there is none.</summary>
    public async Task<string> TokenAsync(string username = "local")
    {
        var user = await Services.GetRequiredService<IUserStore>().FindOrAddAsync(username, DateTimeOffset.UnixEpoch, CancellationToken.None);
        return Services.GetRequiredService<ITokenIssuer>().Issue(user, SignInId.New(user.CreatedAt)).Value.Reveal();
    }

    /// <summary>Signs a user in, who is made when there is none.</summary>
    public async Task<SignedIn> SignInAsync(string username = "local")
    {
        var user = await Services.GetRequiredService<IUserStore>().FindOrAddAsync(username, DateTimeOffset.UnixEpoch, CancellationToken.None);
        return await Services.GetRequiredService<SignIns>().IssueAsync(user, CancellationToken.None);
    }

    /// <summary>A connection that has signed in.</summary>
    public async Task<TestClient> ConnectAsync(string username = "local")
    {
        var client = await TestClient.ConnectAsync(WebSocket);
        await client.SendAsync(new { type = "auth", content = await TokenAsync(username) });
        await client.ReceiveAsync("auth_success");
        return client;
    }

    /// <summary>Stops as at SIGTERM.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (_ownsData)
        {
            _data.Delete(recursive: true);
        }
    }

    private sealed class NoApiBroker : IApiBroker
    {
        public Task<string> OpenAsync(SessionId session, Func<ClaudeCredential?> credential, CancellationToken cancellationToken) => Task.FromResult("/nowhere");

        public Task CloseAsync(SessionId session) => Task.CompletedTask;
    }
}
