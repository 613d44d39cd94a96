using System.Diagnostics;
using System.Text.Json;

namespace Claudy.Benchmarks;

/// <summary>A connection to Claudy and the session that it works with.</summary>
internal sealed class SessionClient : IDisposable
{
    private const int LargestPage = 200;

    // What never comes must end a run, not hang it.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly RawClient _client;
    private string _session = "";

    private SessionClient(RawClient client) => _client = client;

    public static async Task<SessionClient> ConnectAsync(ClaudyServer server) => new(await RawClient.ConnectAsync(server.WebSocket, server.AccessToken));

    /// <summary>Goes on with a new session.</summary>
    public async Task CreateAsync()
    {
        await _client.SendAsync("""{"type":"create_session","id":"create"}""");
        using var created = JsonDocument.Parse(await UntilAsync("\"session_created\""));
        _session = created.RootElement.GetProperty("session_id").GetString()!;
    }

    public Task WarmAsync() => UntilAsync("\"status\":\"idle\"");

    /// <summary>Sends a message.</summary>
    /// <param name="since">When the time began to count; null for now.</param>
    /// <param name="prompt">What is said.</param>
    /// <returns>Milliseconds to the first piece of the answer; the session is idle again then.</returns>
    public async Task<double> TurnAsync(long? since = null, string prompt = "hello")
    {
        var begun = since ?? Stopwatch.GetTimestamp();
        await _client.SendAsync($$"""{"type":"chat_message","session_id":"{{_session}}","content":"{{prompt}}"}""");
        await UntilAsync("\"is_complete\":false");
        var first = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        await UntilAsync("\"turn_completed\"");
        await WarmAsync();
        return first;
    }

    /// <summary>Opens a session that sleeps and sends it a message in the same breath, as a user does, and goes on with it.</summary>
    /// <returns>As <see cref="TurnAsync"/> does.</returns>
    public async Task<double> WakeAsync(string session, string prompt)
    {
        var begun = Stopwatch.GetTimestamp();
        _session = session;
        await _client.SendAsync($$"""{"type":"attach_session","session_id":"{{session}}"}""");
        return await TurnAsync(begun, prompt);
    }

    /// <summary>Starts its process, in line if it must.</summary>
    /// <returns>Milliseconds until it answers.</returns>
    public async Task<double> ResumeAsync()
    {
        var begun = Stopwatch.GetTimestamp();
        await _client.SendAsync($$$"""{"type":"session_control","session_id":"{{{_session}}}","data":{"action":"resume"}}""");
        await WarmAsync();
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }

    /// <summary>Hibernates or terminates the session; its process is gone then.</summary>
    public async Task ControlAsync(string action)
    {
        await _client.SendAsync($$$"""{"type":"session_control","id":"control","session_id":"{{{_session}}}","data":{"action":"{{{action}}}"}}""");
        await UntilAsync("\"reply_to\":\"control\"");
    }

    /// <summary>The first page of the user's sessions, of usual size.</summary>
    /// <returns>Milliseconds until it is here.</returns>
    public async Task<double> ListFirstAsync()
    {
        var begun = Stopwatch.GetTimestamp();
        await _client.SendAsync("""{"type":"list_sessions"}""");
        await UntilAsync("\"session_list\"");
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }

    /// <summary>All of the user's sessions, page by page.</summary>
    /// <param name="pages">Gets the milliseconds that each page took.</param>
    public async Task<List<string>> ListAllAsync(List<double> pages)
    {
        List<string> sessions = [];
        for (var cursor = ""; ;)
        {
            var begun = Stopwatch.GetTimestamp();
            await _client.SendAsync($$$"""{"type":"list_sessions","data":{"limit":{{{LargestPage}}}{{{cursor}}}}}""");
            var frame = await UntilAsync("\"session_list\"");
            pages.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            using var page = JsonDocument.Parse(frame);
            var data = page.RootElement.GetProperty("data");
            sessions.AddRange(data.GetProperty("sessions").EnumerateArray().Select(session => session.GetProperty("session_id").GetString()!));
            if (!data.TryGetProperty("next_cursor", out var next))
            {
                return sessions;
            }

            cursor = $",\"cursor\":\"{next.GetString()}\"";
        }
    }

    public void Dispose() => _client.Dispose();

    private Task<string> UntilAsync(string text) => _client.ReceiveUntilAsync(text).WaitAsync(Patience);
}
