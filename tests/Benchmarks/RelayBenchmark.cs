using System.Buffers.Text;
using System.Diagnostics;
using System.Text;

namespace Claudy.Benchmarks;

/// <summary>Time per delta and deltas per second, through Claudy and through a bare relay, turn by turn in one run.</summary>
internal static class RelayBenchmark
{
    private static readonly byte[] ClaudyDelta = Encoding.UTF8.GetBytes("\"is_complete\":false");
    private static readonly byte[] RelayDelta = Encoding.UTF8.GetBytes("\"text_delta\"");

    public static async Task<int> RunAsync(bool isQuick)
    {
        var (rounds, burst, paced) = isQuick ? (2, 100_000, 300) : (5, 500_000, 1_000);
        await using var claudy = await ClaudyServer.StartAsync();
        await using var relay = await RelayServer.StartAsync();
        await using var claudyClient = await FrameClient.ConnectAsync(claudy.WebSocket, claudy.AccessToken);
        await using var relayClient = await FrameClient.ConnectAsync(relay.WebSocket, null);
        await claudyClient.SendAsync("""{"type":"create_session","id":"create"}""");
        await claudyClient.ReceiveUntilAsync("\"session_created\"");

        Task<Turn> ThroughClaudy(string prompt) => TurnAsync(
            claudyClient, $$"""{"type":"chat_message","content":"{{prompt}}"}""", ClaudyDelta, "\"content\":\""u8.ToArray(), "\"turn_completed\"");
        Task<Turn> ThroughRelay(string prompt) => TurnAsync(
            relayClient, $$$"""{"type":"user","message":{"role":"user","content":"{{{prompt}}}"}}""", RelayDelta, "\"text\":\""u8.ToArray(), "\"type\":\"result\"");

        // The first turns compile.
        await ThroughClaudy($"burst {burst / 2}");
        await ThroughRelay($"burst {burst / 2}");
        await ThroughClaudy("paced 200");
        await ThroughRelay("paced 200");

        List<double> claudyRates = [], relayRates = [], claudyLatencies = [], relayLatencies = [];
        for (var round = 0; round < rounds; round++)
        {
            claudyRates.Add((await ThroughClaudy($"burst {burst}")).Rate);
            relayRates.Add((await ThroughRelay($"burst {burst}")).Rate);
            claudyLatencies.AddRange((await ThroughClaudy($"paced {paced}")).LatenciesInMilliseconds);
            relayLatencies.AddRange((await ThroughRelay($"paced {paced}")).LatenciesInMilliseconds);
        }

        Report(rounds, burst, claudyRates, relayRates, claudyLatencies, relayLatencies);
        return 0;
    }

    private static async Task<Turn> TurnAsync(FrameClient client, string prompt, byte[] deltaMark, byte[] textMark, string endMark)
    {
        var end = Encoding.UTF8.GetBytes(endMark);
        var deltas = 0;
        long first = 0, last = 0;
        List<double> latencies = [];
        await client.SendAsync(prompt);
        while (true)
        {
            var frame = await client.ReceiveAsync();
            if (frame.Span.IndexOf(deltaMark) >= 0)
            {
                last = Stopwatch.GetTimestamp();
                first = deltas++ == 0 ? last : first;
                var text = frame.Span[(frame.Span.IndexOf(textMark) + textMark.Length)..];
                if (Utf8Parser.TryParse(text, out long written, out var digits) && digits == 20)
                {
                    latencies.Add((last - written) * 1000.0 / Stopwatch.Frequency);
                }
            }
            else if (frame.Span.IndexOf(end) >= 0)
            {
                return new Turn(deltas / Stopwatch.GetElapsedTime(first, last).TotalSeconds, latencies);
            }
        }
    }

    private static void Report(int rounds, int burst, List<double> claudyRates, List<double> relayRates, List<double> claudyLatencies, List<double> relayLatencies)
    {
        Console.WriteLine($"{rounds} rounds; {burst:N0} deltas a burst; {claudyLatencies.Count:N0} paced deltas; {Environment.ProcessorCount} cores");
        Console.WriteLine();
        Console.WriteLine("| what | bare relay | Claudy | Claudy against the relay |");
        Console.WriteLine("| --- | ---: | ---: | ---: |");
        Console.WriteLine($"| deltas per second, median of rounds | {Figures.Quantile(relayRates, 0.5):N0} | {Figures.Quantile(claudyRates, 0.5):N0} | {Figures.Quantile(claudyRates, 0.5) / Figures.Quantile(relayRates, 0.5):0.00} times |");
        foreach (var (name, quantile) in new[] { ("p50", 0.5), ("p99", 0.99) })
        {
            var (theirs, ours) = (Figures.Quantile(relayLatencies, quantile), Figures.Quantile(claudyLatencies, quantile));
            Console.WriteLine($"| line written to frame received, {name} | {theirs:0.000} ms | {ours:0.000} ms | {ours - theirs:+0.000;-0.000} ms |");
        }
    }

    private sealed record Turn(double Rate, IReadOnlyList<double> LatenciesInMilliseconds);
}
