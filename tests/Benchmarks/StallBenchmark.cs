namespace Claudy.Benchmarks;

/// <summary>What one client that does not read costs a hundred that do: their p99, with it and without it, round by round in one run.</summary>
internal static class StallBenchmark
{
    private const int Clients = 100;
    private const int PaceInMilliseconds = 5;

    // Enough that the stalled client's share fills what the kernel holds, and not yet its limit.
    private const int Bursts = 6;
    private const int Burst = 5_000;

    public static async Task<int> RunAsync(bool isQuick)
    {
        var (rounds, deltas) = isQuick ? (2, 200) : (8, 600);
        await using var claudy = await ClaudyServer.StartAsync();
        using var audience = await Audience.OfClaudyAsync(claudy, Clients);
        await RoundAsync(audience, deltas);

        List<double> without = [], with = [];
        var allWithout = new List<double>();
        var allWith = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            // In turn, so that what the machine does meanwhile meets both.
            var alone = await RoundAsync(audience, deltas);
            without.Add(Figures.Quantile(alone, 0.99));
            allWithout.AddRange(alone);
            using var stalled = await StallAsync(claudy, audience);
            var beside = await RoundAsync(audience, deltas);
            with.Add(Figures.Quantile(beside, 0.99));
            allWith.AddRange(beside);
            await ShouldBeClosedAsTooSlowAsync(stalled, audience);
        }

        Console.WriteLine($"{rounds} rounds each of {deltas:N0} deltas, {PaceInMilliseconds} ms apart, to {Clients} clients; {Figures.Machine()}");
        Console.WriteLine();
        Console.WriteLine("| line written to frame received | without | beside one stalled client | change |");
        Console.WriteLine("| --- | ---: | ---: | ---: |");
        Row("p50 of all", Figures.Median(allWithout), Figures.Median(allWith));
        Row("p99, median of rounds", Figures.Median(without), Figures.Median(with));
        Row("p99 of all", Figures.Quantile(allWithout, 0.99), Figures.Quantile(allWith, 0.99));
        return 0;
    }

    private static void Row(string what, double before, double after) =>
        Console.WriteLine($"| {what} | {before:0.000} ms | {after:0.000} ms | {(after - before) / before:+0.0 %;-0.0 %} |");

    private static async Task<List<double>> RoundAsync(Audience audience, int deltas)
    {
        for (var i = 0; i < Bursts; i++)
        {
            await audience.BurstAsync(Burst);
        }

        return await audience.PacedAsync(deltas, PaceInMilliseconds);
    }

    private static async Task<RawClient> StallAsync(ClaudyServer claudy, Audience audience)
    {
        var stalled = await RawClient.ConnectAsync(claudy.WebSocket, claudy.AccessToken, receiveBuffer: 8 * 1024);
        await stalled.SendAsync($$"""{"type":"attach_session","session_id":"{{audience.Session}}"}""");
        await stalled.ReceiveUntilAsync("\"session_attached\"");
        return stalled;
    }

    private static async Task ShouldBeClosedAsTooSlowAsync(RawClient stalled, Audience audience)
    {
        for (var i = 0; i < 2 * Bursts; i++)
        {
            await audience.BurstAsync(Burst);
        }

        try
        {
            await stalled.ReceiveUntilAsync("nothing has this text");
        }
        catch (ClosedException closed) when (closed.Code == 4490)
        {
            // As it must be.
        }
    }
}
