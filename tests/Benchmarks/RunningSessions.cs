using System.Diagnostics;
using static Claudy.Benchmarks.SessionsBenchmark;

namespace Claudy.Benchmarks;

/// <summary>Sessions that run at once, each watched by a client of its own, beside as many processes on pipes.</summary>
internal static class RunningSessions
{
    // Fifty tokens a second, as Claude writes.
    private const string Prompt = "paced 50 20";
    private const int Rounds = 5;

    private static readonly int StartedAtOnce = 2 * Environment.ProcessorCount;

    public static async Task ReportStandInAsync(int count)
    {
        Part($"{count} sessions at once, stand-in");
        var folder = Directory.CreateTempSubdirectory("claudy-pipe-");
        var fake = await FakeClaude.InstallAsync(folder.FullName);
        var nowhere = new Uri("http://127.0.0.1:1/");
        var pipes = await OnPipesAsync(count, n => ClaudeOnPipe.Start(fake, nowhere, Path.Combine(folder.FullName, $"{n}"), $"--session-id={Guid.NewGuid()}"), Prompt);
        folder.Delete(recursive: true);
        await using var server = await ClaudyServer.StartAsync();
        Report(pipes, await ThroughAsync(server, count, Prompt), count);
    }

    public static async Task ReportRealAsync(RealClaude claude, int count)
    {
        Part($"{count} sessions at once, Claude Code, sandboxed (the baseline is not)");
        var pipes = await OnPipesAsync(count, n => claude.Pipe($"running{n}", $"--session-id={Guid.NewGuid()}"), "hello");
        Report(pipes, await ThroughAsync(claude.Server, count, "hello"), count);
    }

    private static void Report(Taken pipes, Taken ours, int count)
    {
        Row("started one after the other, p50, max", Quantiles(pipes.Starts, 1), Quantiles(ours.Starts, 1));
        Row($"all started at once, {StartedAtOnce} at a time, until the last is ready", $"{pipes.AllReady:0.0} s", $"{ours.AllReady:0.0} s");
        Row("a turn of all at the same time, p50, p99", Quantiles(pipes.Turns, 0.99), Quantiles(ours.Turns, 0.99));
        Row("the server before, one session been and gone, RSS", "", $"{ours.ServerBefore:0} MB");
        Row("the server with all running and their clients, RSS", "", $"{ours.ServerRunning:0} MB");
        Row("a running session, of the server", "", $"{(ours.ServerRunning - ours.ServerBefore) / count:0.00} MB");
        Row("a process, its greatest, PSS", $"{pipes.Processes.Take(count).Average():0} MB", $"{ours.Processes.Take(count).Average():0} MB");
        Row("all processes of all sessions, PSS", $"{pipes.Processes.Sum():N0} MB", $"{ours.Processes.Sum():N0} MB");
        Row("the server once all slept, and once all slept a second time, RSS", "", $"{ours.ServerAsleep[0]:0}, {ours.ServerAsleep[1]:0} MB");
    }

    private static async Task<Taken> ThroughAsync(ClaudyServer server, int count, string prompt)
    {
        // What the first session compiles and opens is no session's own.
        using (var first = await SessionClient.ConnectAsync(server))
        {
            await first.CreateAsync();
            await first.WarmAsync();
            await first.TurnAsync(prompt: prompt);
            await first.ControlAsync("terminate");
        }

        var before = ProcessMemory.Resident(server.ProcessId);
        var clients = new List<SessionClient>();
        for (var i = 0; i < count; i++)
        {
            clients.Add(await SessionClient.ConnectAsync(server));
        }

        List<double> starts = [], turns = [], asleep = [];
        foreach (var client in clients)
        {
            var begun = Stopwatch.GetTimestamp();
            await client.CreateAsync();
            await client.WarmAsync();
            starts.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }

        await TurnsAsync(turns, count, n => clients[n].TurnAsync(prompt: prompt));
        var running = ProcessMemory.Resident(server.ProcessId);
        var processes = ProcessMemory.Beneath(server.ProcessId);
        await HibernateAsync();

        var all = Stopwatch.GetTimestamp();
        await Task.WhenAll(clients.Select(client => client.ResumeAsync()));
        var allReady = Stopwatch.GetElapsedTime(all).TotalSeconds;
        await HibernateAsync();
        clients.ForEach(client => client.Dispose());
        return new Taken(starts, allReady, turns, processes, before, running, asleep);

        async Task HibernateAsync()
        {
            await Task.WhenAll(clients.Select(client => client.ControlAsync("hibernate")));
            asleep.Add(ProcessMemory.Resident(server.ProcessId));
        }
    }

    private static async Task<Taken> OnPipesAsync(int count, Func<int, ClaudeOnPipe> start, string prompt)
    {
        var pipes = new ClaudeOnPipe[count];
        List<double> starts = [], turns = [];
        for (var i = 0; i < count; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            pipes[i] = start(i);
            await pipes[i].InitializeAsync();
            starts.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }

        await TurnsAsync(turns, count, n => pipes[n].TurnAsync(prompt: prompt));
        var processes = pipes.Select(pipe => ProcessMemory.OfTree(pipe.ProcessId)).ToList();
        await EndAsync();

        var all = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = StartedAtOnce }, async (n, _) =>
        {
            pipes[n] = start(n);
            await pipes[n].InitializeAsync();
        });
        var allReady = Stopwatch.GetElapsedTime(all).TotalSeconds;
        await EndAsync();
        return new Taken(starts, allReady, turns, processes, 0, 0, []);

        Task EndAsync() => Task.WhenAll(pipes.Select(pipe => pipe.DisposeAsync().AsTask()));
    }

    // The first round compiles.
    private static async Task TurnsAsync(List<double> turns, int count, Func<int, Task> turn)
    {
        for (var round = -1; round < Rounds; round++)
        {
            var taken = await Task.WhenAll(Enumerable.Range(0, count).Select(async n =>
            {
                var begun = Stopwatch.GetTimestamp();
                await turn(n);
                return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
            }));
            turns.AddRange(round < 0 ? [] : taken);
        }
    }

    private sealed record Taken(
        List<double> Starts, double AllReady, List<double> Turns, List<double> Processes, double ServerBefore, double ServerRunning, List<double> ServerAsleep);
}
