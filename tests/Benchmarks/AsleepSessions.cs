using static Claudy.Benchmarks.SessionsBenchmark;

namespace Claudy.Benchmarks;

/// <summary>A server on which many sessions sleep, beside one that has only as many as are woken; in turn, so that what the machine does meanwhile meets both.</summary>
internal static class AsleepSessions
{
    private const int Starts = 3;
    private const int Lists = 20;

    // The first ones compile.
    private const int Uncounted = 2;

    public static async Task ReportAsync(RealClaude claude, int count, bool isQuick)
    {
        var (standIns, real) = isQuick ? (5, 3) : (30, 15);
        var woken = standIns + real + (2 * Uncounted);
        await using var few = await ClaudyServer.StartAsync();
        await using var many = await ClaudyServer.StartAsync();
        await few.RestartAsync(meanwhile: () => SleepingSessions.WriteAsync(few.DataFolder, woken));
        await many.RestartAsync(meanwhile: () => SleepingSessions.WriteAsync(many.DataFolder, count));
        Part($"{count:N0} sessions asleep, beside a server with {woken}");

        List<double> fewStarts = [], manyStarts = [];
        for (var i = 0; i < Starts; i++)
        {
            fewStarts.Add((await few.RestartAsync()).TotalMilliseconds);
            manyStarts.Add((await many.RestartAsync()).TotalMilliseconds);
        }

        Row("start of the server until it listens, median, max", Quantiles(fewStarts, 1), Quantiles(manyStarts, 1));
        Row("database", $"{DatabaseOf(few):0.0} MB", $"{DatabaseOf(many):0.0} MB");
        var (fewSessions, manySessions) = await ListAsync(few, many, count);
        if (fewSessions.Length != woken || manySessions.Length != count)
        {
            throw new InvalidOperationException($"{fewSessions.Length} and {manySessions.Length} sessions are listed, not {woken} and {count}.");
        }

        await WakeAsync(few, many, fewSessions, manySessions[..woken], claude, standIns);
    }

    private static async Task<(string[] Few, string[] Many)> ListAsync(ClaudyServer few, ClaudyServer many, int count)
    {
        using var fewClient = await SessionClient.ConnectAsync(few);
        using var manyClient = await SessionClient.ConnectAsync(many);
        List<double> fewLists = [], manyLists = [];
        for (var i = -Uncounted; i < Lists; i++)
        {
            var (theirs, ours) = (await fewClient.ListFirstAsync(), await manyClient.ListFirstAsync());
            fewLists.AddRange(i < 0 ? [] : [theirs]);
            manyLists.AddRange(i < 0 ? [] : [ours]);
        }

        ReportMemory("the server, the newest 50 listed, RSS", few, many);
        Row("a sleeping session, of the server", "", $"{(ProcessMemory.Resident(many.ProcessId) - ProcessMemory.Resident(few.ProcessId)) * 1024 / count:0.0} kB");
        Row("list of the newest 50, p50, max", Pages(fewLists), Pages(manyLists));
        (fewLists, manyLists) = ([], []);
        var (fewSessions, manySessions) = (await fewClient.ListAllAsync(fewLists), await manyClient.ListAllAsync(manyLists));
        Row("list of all, 200 a page: a page, p50, max", Pages(fewLists), Pages(manyLists));
        ReportMemory("the server, all listed, RSS", few, many);
        return (Shuffled(fewSessions), Shuffled(manySessions));
    }

    private static async Task WakeAsync(ClaudyServer few, ClaudyServer many, string[] fewSessions, string[] manySessions, RealClaude claude, int standIns)
    {
        var forStandIn = standIns + Uncounted;
        var (theirs, ours) = await WakeAsync(few, many, fewSessions[..forStandIn], manySessions[..forStandIn], "burst 1");
        Row($"message to first token of one that sleeps, stand-in, {theirs.Count} at random, p50, p90", Quantiles(theirs, 0.9), Quantiles(ours, 0.9));
        ReportMemory($"the server, {forStandIn} woken and asleep again, RSS", few, many);

        await few.RestartAsync(claude.Settings);
        await many.RestartAsync(claude.Settings);
        (theirs, ours) = await WakeAsync(few, many, fewSessions[forStandIn..], manySessions[forStandIn..], "hello");
        Row($"the same with Claude Code, {theirs.Count} at random, its memory made from the log, p50, p90", Quantiles(theirs, 0.9), Quantiles(ours, 0.9));
        (theirs, ours) = await WakeAsync(few, many, fewSessions[forStandIn..], manySessions[forStandIn..], "hello");
        Row($"the same {theirs.Count} again, with Claude Code's own transcript, p50, p90", Quantiles(theirs, 0.9), Quantiles(ours, 0.9));
    }

    private static async Task<(List<double> Theirs, List<double> Ours)> WakeAsync(
        ClaudyServer few, ClaudyServer many, string[] fewSessions, string[] manySessions, string prompt)
    {
        List<double> theirs = [], ours = [];
        using var fewClient = await SessionClient.ConnectAsync(few);
        using var manyClient = await SessionClient.ConnectAsync(many);
        for (var i = 0; i < fewSessions.Length; i++)
        {
            theirs.Add(await fewClient.WakeAsync(fewSessions[i], prompt));
            await fewClient.ControlAsync("hibernate");
            ours.Add(await manyClient.WakeAsync(manySessions[i], prompt));
            await manyClient.ControlAsync("hibernate");
        }

        return (theirs[Uncounted..], ours[Uncounted..]);
    }

    private static string Pages(List<double> milliseconds) => $"{Figures.Median(milliseconds):0.0}, {milliseconds.Max():0.0} ms";

    private static void ReportMemory(string what, ClaudyServer few, ClaudyServer many) =>
        Row(what, $"{ProcessMemory.Resident(few.ProcessId):0.0} MB", $"{ProcessMemory.Resident(many.ProcessId):0.0} MB");

    private static double DatabaseOf(ClaudyServer server) =>
        Directory.EnumerateFiles(server.DataFolder, "claudy.db*").Sum(file => new FileInfo(file).Length) / (double)(1 << 20);

    // An id's end is random.
    private static string[] Shuffled(List<string> sessions) => [.. sessions.OrderBy(session => session[^12..], StringComparer.Ordinal)];
}
