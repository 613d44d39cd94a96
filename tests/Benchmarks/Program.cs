using Claudy.Benchmarks;

var isQuick = args.Contains("--quick", StringComparer.Ordinal);

// fake-claude, bare-relay, bare-store and messages-stand-in are started as processes of their own by the benchmarks themselves.
return args switch
{
    ["fake-claude", .. var claudeArguments] => FakeClaude.Run(claudeArguments),
    ["bare-relay", var address] => await BareRelay.RunAsync(address),
    ["bare-store", var address, var folder] => await BareStore.RunAsync(address, folder),
    ["messages-stand-in", var address] => await MessagesStandIn.RunAsync(address),
    ["relay", ..] => await RelayBenchmark.RunAsync(isQuick),
    ["fanout", ..] => await FanoutBenchmark.RunAsync(isQuick),
    ["stall", ..] => await StallBenchmark.RunAsync(isQuick),
    ["replay", ..] => await ReplayBenchmark.RunAsync(isQuick),
    ["broker", ..] => await BrokerBenchmark.RunAsync(isQuick),
    ["first-message", ..] => await FirstMessageBenchmark.RunAsync(isQuick),
    ["wake", ..] => await WakeBenchmark.RunAsync(isQuick),
    ["transfer", ..] => await TransferBenchmark.RunAsync(isQuick),
    ["sessions", ..] => await SessionsBenchmark.RunAsync(isQuick),
    _ => Usage(),
};

static int Usage()
{
    Console.WriteLine("""
        dotnet run -c Release --project tests/Benchmarks -- <benchmark> [--quick]

        relay          what Claudy adds to a line of Claude Code on its way to a client, and deltas per second
        fanout         frames per second from one session to fifty clients
        stall          what one client that does not read costs a hundred that do
        replay         attaching to a session of ten thousand events
        broker         what the API broker adds to the first byte and to each piece, and 100 streams at once
        first-message  a new session's first message to its first token, with the real Claude Code
        wake           a sleeping session's next message to its first token, with the real Claude Code
        transfer       ten megabytes into a workspace, by HTTP and by frame, and the list of ten thousand files
        sessions       a hundred sessions at once, twenty with the real Claude Code, and ten thousand asleep: memory and times

        Each takes its baseline in the same run.
        """);
    return 2;
}
