using Claudy.Benchmarks;

// fake-claude and bare-relay are started as processes of their own by the benchmark itself.
return args switch
{
    ["fake-claude", .. var claudeArguments] => FakeClaude.Run(claudeArguments),
    ["bare-relay", var address] => await BareRelay.RunAsync(address),
    ["relay", .. var rest] => await RelayBenchmark.RunAsync(rest.Contains("--quick", StringComparer.Ordinal)),
    _ => Usage(),
};

static int Usage()
{
    Console.WriteLine("""
        dotnet run -c Release --project tests/Benchmarks -- relay [--quick]

        What Claudy adds to a line of Claude Code on its way to the client's socket, and how many deltas a second go
        through one session, beside a bare Kestrel relay of the same lines, in one run.
        """);
    return 2;
}
