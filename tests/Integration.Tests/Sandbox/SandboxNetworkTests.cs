using Claudy.Domain.Networking;
using Claudy.Infrastructure.Sandbox;
using Claudy.Integration.Tests.Egress;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Sandbox;

/// <summary>The way from inside a real sandbox to the network: a port, a socket, a proxy, and nothing else.</summary>
public sealed class SandboxNetworkTests
{
    private const string LookAround =
        "ls /run/claudy; (exec 3<>/dev/tcp/127.0.0.1/3128) 2>/dev/null && echo LISTENING; pgrep socat; grep -c : /proc/net/dev; echo end";

    [SkippableFact]
    public async Task Curl_WhenTheHostIsListed_ShouldReachIt_AndNoOther()
    {
        await using var session = Start();
        await using var host = LoopbackHost.Start();
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.None);
        await using var networked = await OpenAsync(session, fixture, NetworkPolicy.AllowList($"allowed.test:{host.Port}"));
        fixture.Names.Add("allowed.test", "127.0.0.1");

        var lines = await networked.RunAsync(
            $$"""
            export http_proxy={{networked.Proxy}} https_proxy={{networked.Proxy}}
            curl -sS -m 20 http://allowed.test:{{host.Port}}/page
            curl -sS -m 20 -p -o /dev/null -w '%{http_connect}\n' http://allowed.test:{{host.Port}}/tunnel
            curl -sS -m 20 http://other.test/
            curl -sS -m 20 -o /dev/null -w '%{http_connect}\n' https://other.test/ 2>/dev/null
            curl -sS -m 5 --noproxy '*' http://127.0.0.1:{{host.Port}}/ >/dev/null 2>&1 && echo AROUND
            curl -sS -m 5 --noproxy '*' http://allowed.test:{{host.Port}}/ >/dev/null 2>&1 && echo AROUND
            """);

        lines.ShouldBe(
        [
            "reached",
            "200",
            "Claudy: other.test:80 is out of this session's reach: it is not on its list of hosts. Its owner can add it with set_network.",
            "403",
        ]);
        host.Requests.Select(request => request.Split(' ')[1]).ShouldBe(["/page", "/tunnel"]);
    }

    [SkippableFact]
    public async Task Sandbox_WhenThereIsNoNetwork_ShouldHaveNothingOfTheProxy()
    {
        await using var session = Start();

        var lines = await session.RunAsync(LookAround);

        lines.ShouldBe(["1", "end"]);
        session.Sandbox.View(session.Policy).Proxy.ShouldBeNull();
    }

    [SkippableFact]
    public async Task Sandbox_WhenThereIsANetwork_ShouldHaveItAtOnce_AndStillNoCardButLoopback()
    {
        await using var session = Start();
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.None);
        await using var networked = await OpenAsync(session, fixture, NetworkPolicy.Open);

        var lines = await networked.RunAsync(LookAround);

        lines[0].ShouldBe("egress.sock");
        lines[1].ShouldBe("LISTENING");
        lines[^2].ShouldBe("1");
    }

    [SkippableFact]
    public async Task Program_WhenItEnds_ShouldEndTheForwarderToo_AndKeepItsInputOutputAndExitCode()
    {
        await using var session = Start();
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.None);
        await using var networked = await OpenAsync(session, fixture, NetworkPolicy.Open);

        var process = await networked.StartAsync("read line; echo \"heard $line\"; exit 7");
        await process.WriteLineAsync("it"u8.ToArray(), CancellationToken.None);
        var exit = await process.Exited.WaitAsync(Eventually.Deadline);

        networked.Lines().ShouldBe(["heard it"]);
        exit.ExitCode.ShouldBe(7);
        RunningProcesses.With(fixture.Session.ToString()).ShouldBeEmpty();
    }

    private static SandboxedSession Start()
    {
        Tools.Require("socat");
        Tools.Require("curl");
        return SandboxedSession.Start();
    }

    private static async Task<NetworkedSession> OpenAsync(SandboxedSession session, EgressFixture fixture, NetworkPolicy policy)
    {
        await fixture.Proxy.CloseAsync(fixture.Session);
        await fixture.OpenAsync(EgressFixture.Rules(policy), session.Policy.RuntimePath);
        return new NetworkedSession(session, session.Policy with { EgressSocketPath = fixture.SocketPath });
    }

    /// <summary>The same session with a way out.</summary>
    private sealed class NetworkedSession(SandboxedSession session, SandboxPolicy policy) : IAsyncDisposable
    {
        public string Proxy { get; } = session.Sandbox.View(policy).Proxy!;

        public Task<Infrastructure.Processes.IChildProcess> StartAsync(string script) => session.Spawning.StartAsync(
            session.Sandbox.Wrap(policy, session.Spawning.Bash(script) with { WorkingDirectory = session.Sandbox.View(policy).Workspace }));

        public string[] Lines() => session.Spawning.Lines();

        public async Task<string[]> RunAsync(string script)
        {
            var process = await StartAsync($"exec 2>&1; {script}");
            await process.Exited.WaitAsync(Eventually.Deadline);
            return Lines();
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
