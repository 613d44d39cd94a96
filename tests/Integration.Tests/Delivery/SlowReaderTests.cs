using System.Text.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Delivery;

/// <summary>A client that stops reading costs itself its connection, and nobody else anything.</summary>
public sealed class SlowReaderTests
{
    private const int Rounds = 40;
    private static readonly string Piece = new('x', 200_000);

    [Fact]
    public async Task SlowReader_ShouldBeClosedWith4490AndComeBackToAll_WhileTheOtherGetsEverythingAtOnce()
    {
        await using var server = await ClaudyServer.StartAsync(new() { ["Claudy:Http:MaxOutboundBytes"] = "1048576" });
        using var mayGoOn = new SemaphoreSlim(1);
        server.Agents.Script = async (agent, _) =>
        {
            await agent.EmitAsync(new AgentEvent.TurnStarted(agent.Launch.SessionId.Value, "fake", null));
            for (var round = 0; round < Rounds; round++)
            {
                await mayGoOn.WaitAsync();
                await agent.DeltaAsync($"a{round}", Piece);
                await agent.EmitAsync(new AgentEvent.TextCompleted($"a{round}", Piece, null));
                await agent.EmitAsync(new AgentEvent.ToolUse($"t{round}", "Bash", JsonElement.Parse("{}"), null));
            }

            await agent.EndTurnAsync();
        };
        await using var creator = await server.ConnectAsync();
        var session = await creator.CreateSessionAsync();
        await creator.Socket.CloseAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        await using var slow = await AttachedAsync("slow", server, session);
        await using var quick = await AttachedAsync("quick", server, session);
        slow.Pause();

        await quick.SayAsync(session, "go");
        for (var round = 0; round < Rounds; round++)
        {
            // The quick one has what was said so far, although the slow one has read next to nothing of it.
            await Eventually.IsTrueAsync(
                () => quick.View.Events.Count(e => e.StartsWith("""{"type":"tool_use""", StringComparison.Ordinal)) == round + 1, $"round {round} was shown");
            mayGoOn.Release();
        }

        await Eventually.IsTrueAsync(() => quick.View.Events[^1].Contains("\"idle\"", StringComparison.Ordinal), "the turn has ended");
        slow.View.LastSeq.ShouldBeLessThan(quick.View.LastSeq / 2);
        slow.Resume();
        await Eventually.IsTrueAsync(() => slow.Closed.Count == 1, "the slow one was closed");
        await slow.ConnectAsync(server.WebSocket, await server.TokenAsync());
        (await slow.AttachAsync(session)).ShouldBeTrue();
        await Eventually.IsTrueAsync(() => slow.View.LastSeq == quick.View.LastSeq, "the slow one has caught up");

        slow.Closed.ShouldBe([4490]);
        quick.Closed.ShouldBeEmpty();
        slow.View.Events.ShouldBe(quick.View.Events);
        slow.View.Failures.Concat(quick.View.Failures).ShouldBeEmpty();
    }

    private static async Task<DeliveryClient> AttachedAsync(string name, ClaudyServer server, string session)
    {
        var client = new DeliveryClient(name);
        await client.ConnectAsync(server.WebSocket, await server.TokenAsync());
        (await client.AttachAsync(session)).ShouldBeTrue();
        return client;
    }
}
