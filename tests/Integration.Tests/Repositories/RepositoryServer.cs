using System.Text.Json;
using Claudy.Infrastructure.Egress;
using Claudy.Infrastructure.Sandbox;
using Claudy.Integration.Tests.Egress;
using Claudy.Integration.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Repositories;

/// <summary>The whole server with its real sandbox, a Git host that it may reach as git.test, and a client.</summary>
internal sealed class RepositoryServer : IAsyncDisposable
{
    private RepositoryServer(ClaudyServer server, GitServer git, TestClient client) => (Claudy, Git, Client) = (server, git, client);

    public ClaudyServer Claudy { get; }

    public GitServer Git { get; }

    public TestClient Client { get; }

    public string WorkspacesPath => Path.Combine(Claudy.DataPath, "workspaces");

    public static async Task<RepositoryServer> StartAsync(Dictionary<string, string?>? settings = null)
    {
        Tools.Require("git");
        Tools.Require("socat");
        var git = await GitServer.StartAsync();
        var names = new StubResolver();
        names.Add("git.test", "127.0.0.1");
        names.Add("other.test", "127.0.0.1");
        names.Add("hidden.test", "10.0.0.1");
        var all = new Dictionary<string, string?>
        {
            ["Claudy:Sandbox:Mode"] = "Auto",
            ["Claudy:Network:PrivateNetworks:0"] = "127.0.0.1/32",
            ["Claudy:Repositories:CertificatesPath"] = git.CertificatePath,
        };
        foreach (var (key, value) in settings ?? [])
        {
            all[key] = value;
        }

        var server = await ClaudyServer.StartAsync(all, change: services => services.Replace(ServiceDescriptor.Singleton<IHostResolver>(names)));
        var sandbox = server.Services.GetRequiredService<ISandbox>();
        if (!sandbox.IsIsolating && all["Claudy:Sandbox:Mode"] != "None")
        {
            await server.DisposeAsync();
            await git.DisposeAsync();
            (Environment.GetEnvironmentVariable("CI") == "true").ShouldBeFalse(sandbox.Reason);
            Skip.If(true, sandbox.Reason);
        }

        return new RepositoryServer(server, git, await server.ConnectAsync());
    }

    /// <summary>Asks for a session that begins with a repository, and may reach git.test.</summary>
    public Task<JsonElement> CreateAsync(string url, string? reference = null, string? token = null, object? network = null) =>
        Client.AskAsync("create_session", Request(url, reference, token, network));

    /// <summary>Asks for it as somebody, and does not wait for the answer.</summary>
    public Task BeginAsync(TestClient client, string repository, string id) => client.SendAsync(new { type = "create_session", id, data = Request(Git.UrlOf(repository)) });

    /// <summary>The same, with success.</summary>
    /// <returns>The folder of its workspace.</returns>
    public async Task<string> CloneAsync(string url, string? reference = null, string? token = null)
    {
        var created = await CreateAsync(url, reference, token);
        created.Type().ShouldBe("session_created", created.ToString());
        return Path.Combine(WorkspacesPath, created.Text("session_id")!);
    }

    /// <summary>That a session which was not made has left nothing.</summary>
    public async Task ShouldHoldNothingAsync()
    {
        (await Client.AskAsync("list_sessions")).Data().GetProperty("sessions").GetArrayLength().ShouldBe(0);
        Directory.EnumerateFileSystemEntries(WorkspacesPath).ShouldBeEmpty();
    }

    private object Request(string url, string? reference = null, string? token = null, object? network = null) =>
        new { repository = new { url, @ref = reference, token }, network = network ?? new { mode = "allow_list", hosts = new[] { $"git.test:{Git.Port}" } } };

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Claudy.DisposeAsync();
        await Git.DisposeAsync();
    }
}
