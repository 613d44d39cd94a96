using System.Diagnostics;
using System.Text.Json;
using Claudy.Infrastructure.Agents.Claude;
using Claudy.Integration.Tests.Support;

namespace Claudy.Benchmarks;

/// <summary>Claudy with the real Claude Code and a stand-in of the API, and Claude Code on a pipe beside it.</summary>
internal sealed class RealClaude : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("claudy-pipe-");
    private readonly ScriptedMessagesApi _api;
    private readonly ClaudyServer _server;
    private readonly RawClient _client;
    private readonly string _binary;

    private RealClaude(string binary, ScriptedMessagesApi api, ClaudyServer server, RawClient client)
    {
        _binary = binary;
        _api = api;
        _server = server;
        _client = client;
    }

    public static async Task<RealClaude> StartAsync()
    {
        var binary = ClaudeBinary.Find(Environment.GetEnvironmentVariable("CLAUDE_CODE_PATH"), AppContext.BaseDirectory, searchPath: null)
            ?? throw new InvalidOperationException("Claude Code is missing: run eng/setup, or set CLAUDE_CODE_PATH.");
        var api = await ScriptedMessagesApi.StartAsync();
        api.Otherwise = _ => Reply.Text("Hello there, dear user.");
        var server = await ClaudyServer.StartWithAsync(binary, api.Address);
        return new RealClaude(binary, api, server, await RawClient.ConnectAsync(server.WebSocket, server.AccessToken));
    }

    /// <summary>Claude Code on a pipe, in a folder of its own.</summary>
    public ClaudeOnPipe Pipe(string folder, string session) => ClaudeOnPipe.Start(_binary, _api.Address, Path.Combine(_folder.FullName, folder), session);

    /// <summary>A new session.</summary>
    public async Task<string> CreateAsync()
    {
        await _client.SendAsync("""{"type":"create_session","id":"create"}""");
        using var created = JsonDocument.Parse(await _client.ReceiveUntilAsync("\"session_created\""));
        return created.RootElement.GetProperty("session_id").GetString()!;
    }

    public Task WarmAsync() => _client.ReceiveUntilAsync("\"status\":\"idle\"");

    /// <summary>Sends a message.</summary>
    /// <returns>Milliseconds to the first piece of the answer; the session is idle again then.</returns>
    public async Task<double> TurnAsync(string session, long? since = null)
    {
        var begun = since ?? Stopwatch.GetTimestamp();
        await _client.SendAsync($$"""{"type":"chat_message","session_id":"{{session}}","content":"hello"}""");
        await _client.ReceiveUntilAsync("\"is_complete\":false");
        var first = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        await _client.ReceiveUntilAsync("\"turn_completed\"");
        await WarmAsync();
        return first;
    }

    /// <summary>Hibernates or terminates a session; its process is gone then.</summary>
    public async Task ControlAsync(string session, string action)
    {
        await _client.SendAsync($$$"""{"type":"session_control","id":"control","session_id":"{{{session}}}","data":{"action":"{{{action}}}"}}""");
        await _client.ReceiveUntilAsync("\"reply_to\":\"control\"");
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        await _api.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
