namespace Claudy.Benchmarks;

/// <summary>Frames per second from one session to fifty clients, through Claudy and through a bare relay, turn by turn in one run.</summary>
internal static class FanoutBenchmark
{
    private const int Clients = 50;

    // What waits for a client that reads nothing of a burst is still within its limit.
    private const int Burst = 20_000;

    public static async Task<int> RunAsync(bool isQuick)
    {
        var rounds = isQuick ? 2 : 10;
        await using var claudy = await ClaudyServer.StartAsync();
        await using var relay = await RelayServer.StartAsync();
        using var ours = await Audience.OfClaudyAsync(claudy, Clients);
        using var theirs = await Audience.OfRelayAsync(relay, Clients);

        // The first bursts compile.
        for (var i = 0; i < 3; i++)
        {
            await ours.BurstAsync(Burst);
            await theirs.BurstAsync(Burst);
        }

        List<double> ourRates = [], theirRates = [];
        for (var round = 0; round < rounds; round++)
        {
            ourRates.Add(await ours.BurstAsync(Burst));
            theirRates.Add(await theirs.BurstAsync(Burst));
        }

        var (our, their) = (Figures.Median(ourRates), Figures.Median(theirRates));
        Console.WriteLine($"{rounds} rounds of {Burst:N0} deltas to {Clients} clients; {Figures.Machine()}");
        Console.WriteLine();
        Console.WriteLine("| what | bare relay | Claudy | Claudy against the relay |");
        Console.WriteLine("| --- | ---: | ---: | ---: |");
        Console.WriteLine($"| frames per second to fifty clients, median of rounds | {their:N0} | {our:N0} | {our / their:0.00} times |");
        Console.WriteLine($"| the best round | {theirRates.Max():N0} | {ourRates.Max():N0} | {ourRates.Max() / theirRates.Max():0.00} times |");
        return 0;
    }
}
