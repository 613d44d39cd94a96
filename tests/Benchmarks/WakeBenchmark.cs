using System.Diagnostics;

namespace Claudy.Benchmarks;

/// <summary>From a message to a session that sleeps to the first token of its answer, beside Claude Code's own start with <c>--resume</c>.</summary>
internal static class WakeBenchmark
{
    public static async Task<int> RunAsync(bool isQuick)
    {
        var rounds = isQuick ? 3 : 20;
        await using var claude = await RealClaude.StartAsync();
        var id = Guid.NewGuid();
        await using (var pipe = claude.Pipe("wake", $"--session-id={id}"))
        {
            await pipe.TurnAsync();
        }

        await claude.Client.CreateAsync();
        await claude.Client.WarmAsync();
        await claude.Client.TurnAsync();

        List<double> theirs = [], ours = [];
        for (var round = -1; round < rounds; round++)
        {
            double their;
            var begun = Stopwatch.GetTimestamp();
            await using (var pipe = claude.Pipe("wake", $"--resume={id}"))
            {
                their = await pipe.TurnAsync(begun);
            }

            await claude.Client.ControlAsync("hibernate");
            var our = await claude.Client.TurnAsync();
            if (round >= 0)
            {
                theirs.Add(their);
                ours.Add(our);
            }
        }

        Console.WriteLine($"{rounds} rounds; {Figures.Machine()}");
        Console.WriteLine();
        Console.WriteLine("| message to first token | Claude Code with --resume, on a pipe | a hibernated session of Claudy's | Claudy adds |");
        Console.WriteLine("| --- | ---: | ---: | ---: |");
        foreach (var (name, quantile) in new[] { ("median", 0.5), ("p90", 0.9) })
        {
            var (their, our) = (Figures.Quantile(theirs, quantile), Figures.Quantile(ours, quantile));
            Console.WriteLine($"| {name} | {their:0.0} ms | {our:0.0} ms | {our - their:+0.0;-0.0} ms |");
        }

        return 0;
    }
}
