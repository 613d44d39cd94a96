using Claudy.Infrastructure.Agents.Claude;
using Claudy.Integration.Tests.Support;

namespace Claudy.Benchmarks;

/// <summary>Claudy with the real Claude Code and a stand-in of the API, and Claude Code on a pipe beside it.</summary>
internal sealed class RealClaude : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("claudy-pipe-");
    private readonly ScriptedMessagesApi _api;
    private readonly string _binary;

    private RealClaude(string binary, ScriptedMessagesApi api, Dictionary<string, string> settings, ClaudyServer server, SessionClient client)
    {
        _binary = binary;
        _api = api;
        Settings = settings;
        Server = server;
        Client = client;
    }

    /// <summary>What makes a server use it.</summary>
    public Dictionary<string, string> Settings { get; }

    public ClaudyServer Server { get; }

    /// <summary>A client of the server.</summary>
    public SessionClient Client { get; }

    public static async Task<RealClaude> StartAsync()
    {
        var binary = ClaudeBinary.Find(Environment.GetEnvironmentVariable("CLAUDE_CODE_PATH"), AppContext.BaseDirectory, searchPath: null)
            ?? throw new InvalidOperationException("Claude Code is missing: run eng/setup, or set CLAUDE_CODE_PATH.");
        var api = await ScriptedMessagesApi.StartAsync();
        api.Otherwise = _ => Reply.Text("Hello there, dear user.");
        var settings = ClaudyServer.SettingsWith(binary, api.Address);
        var server = await ClaudyServer.StartAsync(settings);
        return new RealClaude(binary, api, settings, server, await SessionClient.ConnectAsync(server));
    }

    /// <summary>Claude Code on a pipe, in a folder of its own.</summary>
    public ClaudeOnPipe Pipe(string folder, string session) => ClaudeOnPipe.Start(_binary, _api.Address, Path.Combine(_folder.FullName, folder), session);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        await _api.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
