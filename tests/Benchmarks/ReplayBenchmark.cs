using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Claudy.Benchmarks;

/// <summary>Attaching to a session of ten thousand events, from the request to the last event, beside a bare server that sends as much from memory.</summary>
internal static class ReplayBenchmark
{
    private const int Events = 10_000;

    public static async Task<int> RunAsync(bool isQuick)
    {
        var rounds = isQuick ? 5 : 30;
        await using var claudy = await ClaudyServer.StartAsync();
        await using var relay = await RelayServer.StartAsync();
        using var writer = await RawClient.ConnectAsync(claudy.WebSocket, claudy.AccessToken);
        await writer.SendAsync("""{"type":"create_session","id":"create"}""");
        using var created = JsonDocument.Parse(await writer.ReceiveUntilAsync("\"session_created\""));
        var session = created.RootElement.GetProperty("session_id").GetString()!;
        await writer.SendAsync($$"""{"type":"chat_message","content":"work {{Events}}"}""");
        await writer.ReceiveUntilAsync("{\"type\":\"turn_completed");

        // The first ones compile.
        var seen = await AttachAsync(claudy, session);
        for (var i = 0; i < 3; i++)
        {
            await AttachAsync(claudy, session);
            await FromMemoryAsync(relay, seen);
        }

        List<double> ours = [], theirs = [], computed = [];
        for (var round = 0; round < rounds; round++)
        {
            var before = claudy.ProcessorTime;
            ours.Add((await AttachAsync(claudy, session)).Milliseconds);
            computed.Add((claudy.ProcessorTime - before).TotalMilliseconds);
            theirs.Add(await FromMemoryAsync(relay, seen));
        }

        Console.WriteLine($"{rounds} rounds; {seen.Frames:N0} events, {seen.Bytes / 1e6:0.0} MB of frames; {Figures.Machine()}");
        Console.WriteLine();
        Console.WriteLine("| attach_session with after_seq 0, to the last event | bare server, from memory | Claudy, from the log | Claudy against it |");
        Console.WriteLine("| --- | ---: | ---: | ---: |");
        foreach (var (name, quantile) in new[] { ("median", 0.5), ("p90", 0.9) })
        {
            var (our, their) = (Figures.Quantile(ours, quantile), Figures.Quantile(theirs, quantile));
            Console.WriteLine($"| {name} | {their:0.0} ms | {our:0.0} ms | {our / their:0.0} times |");
        }

        Console.WriteLine();
        Console.WriteLine($"Claudy's processor time for one: {Figures.Median(computed):0} ms.");
        return 0;
    }

    private static async Task<Replay> AttachAsync(ClaudyServer claudy, string session)
    {
        using var client = await RawClient.ConnectAsync(claudy.WebSocket, claudy.AccessToken);
        await client.ReceiveUntilAsync("\"auth_success\"");
        var begun = Stopwatch.GetTimestamp();
        await client.SendAsync($$$"""{"type":"attach_session","session_id":"{{{session}}}","data":{"after_seq":0}}""");
        using var attached = JsonDocument.Parse(await client.ReceiveUntilAsync("\"session_attached\""));
        var last = Encoding.UTF8.GetBytes($"\"seq\":{attached.RootElement.GetProperty("data").GetProperty("last_seq").GetInt64()},");
        long frames = 0, bytes = 0;
        while (true)
        {
            while (client.TryNext(out var payload))
            {
                frames++;
                bytes += payload.Length;
                if (payload[..Math.Min(payload.Length, 120)].IndexOf(last) >= 0)
                {
                    return new Replay(frames, bytes, Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
                }
            }

            await client.FillAsync();
        }
    }

    private static async Task<double> FromMemoryAsync(RelayServer relay, Replay like)
    {
        using var client = await RawClient.ConnectAsync(new Uri(relay.WebSocket, $"/memory?frames={like.Frames}&bytes={like.Bytes / like.Frames}"), null);
        var begun = Stopwatch.GetTimestamp();
        await client.SendAsync("go");
        for (long frames = 0; frames < like.Frames;)
        {
            while (client.TryNext(out _))
            {
                frames++;
            }

            if (frames < like.Frames)
            {
                await client.FillAsync();
            }
        }

        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }

    private readonly record struct Replay(long Frames, long Bytes, double Milliseconds);
}
