using System.Buffers.Text;
using System.Diagnostics;
using System.Text.Json;

namespace Claudy.Benchmarks;

/// <summary>Clients that all watch one session.</summary>
internal sealed class Audience : IDisposable
{
    private readonly List<RawClient> _clients = [];
    private readonly byte[] _end;
    private readonly byte[] _delta;
    private readonly byte[] _text;
    private readonly Func<string, string> _prompt;

    private Audience(string end, string delta, string text, Func<string, string> prompt)
    {
        _end = System.Text.Encoding.UTF8.GetBytes(end);
        _delta = System.Text.Encoding.UTF8.GetBytes(delta);
        _text = System.Text.Encoding.UTF8.GetBytes(text);
        _prompt = prompt;
    }

    /// <summary>The session, where it is Claudy's.</summary>
    public string Session { get; private set; } = "";

    public static async Task<Audience> OfClaudyAsync(ClaudyServer server, int clients)
    {
        var audience = new Audience(
            """{"type":"turn_completed""", """{"type":"claude_response""", "\"content\":\"", prompt => $$"""{"type":"chat_message","content":"{{prompt}}"}""");
        for (var i = 0; i < clients; i++)
        {
            var client = await RawClient.ConnectAsync(server.WebSocket, server.AccessToken);
            audience._clients.Add(client);
            if (i == 0)
            {
                await client.SendAsync("""{"type":"create_session","id":"create"}""");
                using var created = JsonDocument.Parse(await client.ReceiveUntilAsync("\"session_created\""));
                audience.Session = created.RootElement.GetProperty("session_id").GetString()!;
                await client.ReceiveUntilAsync("\"status\":\"idle\"");
            }
            else
            {
                await client.SendAsync($$"""{"type":"attach_session","session_id":"{{audience.Session}}"}""");
                await client.ReceiveUntilAsync("\"status\":\"idle\"");
            }
        }

        return audience;
    }

    public static async Task<Audience> OfRelayAsync(RelayServer server, int clients)
    {
        var audience = new Audience(
            """{"type":"result""",
            """{"type":"stream_event","event":{"type":"content_block_delta""",
            "\"text\":\"",
            prompt => $$$"""{"type":"user","message":{"role":"user","content":"{{{prompt}}}"}}""");
        for (var i = 0; i < clients; i++)
        {
            audience._clients.Add(await RawClient.ConnectAsync(new Uri(server.WebSocket, "/fanout"), null));
        }

        return audience;
    }

    /// <summary>So many deltas as fast as they come.</summary>
    /// <returns>Frames per second over all clients, from the first delta that any got until all had the end of the turn.</returns>
    public async Task<double> BurstAsync(int deltas)
    {
        var seen = await TurnAsync($"burst {deltas}", null);
        var frames = seen.Sum(s => s.Deltas);
        if (frames != (long)deltas * _clients.Count)
        {
            throw new InvalidOperationException($"{frames} frames came, not {(long)deltas * _clients.Count}.");
        }

        return frames / Stopwatch.GetElapsedTime(seen.Min(s => s.First), seen.Max(s => s.Last)).TotalSeconds;
    }

    /// <summary>So many deltas, one after the other at a distance.</summary>
    /// <returns>From the line written to the frame received, in milliseconds, of all clients.</returns>
    public async Task<List<double>> PacedAsync(int deltas, int milliseconds)
    {
        List<double>[] latencies = [.. _clients.Select(_ => new List<double>(deltas))];
        await TurnAsync($"paced {deltas} {milliseconds}", latencies);
        return [.. latencies.SelectMany(one => one)];
    }

    public void Dispose() => _clients.ForEach(client => client.Dispose());

    private async Task<Seen[]> TurnAsync(string prompt, List<double>[]? latencies)
    {
        var watching = _clients.Select((client, index) => Task.Run(() => WatchAsync(client, latencies?[index]))).ToArray();
        await _clients[0].SendAsync(_prompt(prompt));
        return await Task.WhenAll(watching);
    }

    private async Task<Seen> WatchAsync(RawClient client, List<double>? latencies)
    {
        long deltas = 0, first = 0;
        while (true)
        {
            while (client.TryNext(out var payload))
            {
                if (payload.StartsWith(_delta) && payload[^1] == (byte)'}' && IsPiece(payload))
                {
                    first = deltas++ == 0 ? Stopwatch.GetTimestamp() : first;
                    if (latencies is not null)
                    {
                        Measure(payload, latencies);
                    }
                }
                else if (payload.StartsWith(_end))
                {
                    return new Seen(deltas, first, Stopwatch.GetTimestamp());
                }
            }

            await client.FillAsync();
        }
    }

    // A whole text of Claudy's begins as its pieces do.
    private static bool IsPiece(ReadOnlySpan<byte> payload) => !payload.EndsWith("\"is_complete\":true}}"u8);

    private void Measure(ReadOnlySpan<byte> payload, List<double> latencies)
    {
        var now = Stopwatch.GetTimestamp();
        var text = payload[(payload.IndexOf(_text) + _text.Length)..];
        if (Utf8Parser.TryParse(text, out long written, out var digits) && digits == 20)
        {
            latencies.Add((now - written) * 1000.0 / Stopwatch.Frequency);
        }
    }

    private readonly record struct Seen(long Deltas, long First, long Last);
}
