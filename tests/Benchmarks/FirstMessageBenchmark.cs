using System.Diagnostics;

namespace Claudy.Benchmarks;

/// <summary>From a message to the first token of its answer, in a new session and later, through Claudy and on a pipe, in one run.</summary>
internal static class FirstMessageBenchmark
{
    private const int LaterTurns = 5;

    public static async Task<int> RunAsync(bool isQuick)
    {
        var rounds = isQuick ? 3 : 15;
        await using var claude = await RealClaude.StartAsync();
        List<double> pipeCold = [], pipeFirst = [], pipeLater = [], ourCold = [], ourFirst = [], ourLater = [];

        // The first round compiles.
        for (var round = -1; round < rounds; round++)
        {
            var isCounted = round >= 0;
            var begun = Stopwatch.GetTimestamp();
            await using (var pipe = claude.Pipe($"cold{round}", $"--session-id={Guid.NewGuid()}"))
            {
                Add(pipeCold, await pipe.TurnAsync(begun), isCounted);
            }

            await using (var pipe = claude.Pipe($"warm{round}", $"--session-id={Guid.NewGuid()}"))
            {
                await pipe.InitializeAsync();
                Add(pipeFirst, await pipe.TurnAsync(), isCounted);
                for (var i = 0; i < LaterTurns; i++)
                {
                    Add(pipeLater, await pipe.TurnAsync(), isCounted);
                }
            }

            begun = Stopwatch.GetTimestamp();
            await claude.Client.CreateAsync();
            Add(ourCold, await claude.Client.TurnAsync(begun), isCounted);
            await claude.Client.ControlAsync("terminate");

            await claude.Client.CreateAsync();
            await claude.Client.WarmAsync();
            Add(ourFirst, await claude.Client.TurnAsync(), isCounted);
            for (var i = 0; i < LaterTurns; i++)
            {
                Add(ourLater, await claude.Client.TurnAsync(), isCounted);
            }

            await claude.Client.ControlAsync("terminate");
        }

        Console.WriteLine($"{rounds} rounds, {LaterTurns} later turns each; {Figures.Machine()}");
        Console.WriteLine();
        Console.WriteLine("| message to first token, median | Claude Code on a pipe | Claudy | Claudy adds |");
        Console.WriteLine("| --- | ---: | ---: | ---: |");
        Row("in the same breath as the start, or create_session", pipeCold, ourCold);
        Row("the first message, once the process answers", pipeFirst, ourFirst);
        Row("later turns", pipeLater, ourLater);
        Console.WriteLine();
        Console.WriteLine($"Through Claudy, a new session's first message takes {Figures.Median(ourFirst) / Figures.Median(ourLater):0.00} times a later one (on a pipe {Figures.Median(pipeFirst) / Figures.Median(pipeLater):0.00} times).");
        return 0;
    }

    private static void Add(List<double> figures, double figure, bool isCounted)
    {
        if (isCounted)
        {
            figures.Add(figure);
        }
    }

    private static void Row(string what, List<double> theirs, List<double> ours)
    {
        var (their, our) = (Figures.Median(theirs), Figures.Median(ours));
        Console.WriteLine($"| {what} | {their:0.0} ms | {our:0.0} ms | {our - their:+0.0;-0.0} ms |");
    }
}
