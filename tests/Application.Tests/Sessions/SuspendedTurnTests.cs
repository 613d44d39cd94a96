using System.Text.Json;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Tests.Support;
using Claudy.Domain.Sessions;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Sessions;

/// <summary>Permission requests that outlive the process that asked.</summary>
public sealed class SuspendedTurnTests
{
    [Fact]
    public async Task Permission_WhenTheServerIsKilled_ShouldBeAnsweredAfterTheRestart()
    {
        var store = new InMemoryStore();
        var killed = await Node.StartAsync(store);
        var session = await AskedAsync(killed);
        await using var restarted = await Node.StartAsync(store);
        await restarted.EventAsync<TurnSuspended>(session, e => e.Reason == "server_restarted");

        await AllowAsync(restarted, session, "p1");
        var agent = await restarted.Agents.NextAsync();
        var instruction = await agent.NextMessageAsync();
        agent.AskPermission("p2");

        agent.Launch.ResumeAgentSessionId.ShouldBe(session.Value);
        instruction.Text.ShouldContain("touch x");
        var (requestId, answer) = await agent.NextAnswerAsync();
        (requestId, answer.Decision).ShouldBe(("p2", PermissionDecision.Allow));
        (await restarted.EventAsync<PermissionResolved>(session, e => e.RequestId == "p2")).Reason.ShouldBe("carried_over");
    }

    [Fact]
    public async Task Permission_WhenTheServerStopsInOrder_ShouldStillBePending()
    {
        var store = new InMemoryStore();
        var stopped = await Node.StartAsync(store);
        var session = await AskedAsync(stopped);
        await stopped.StopAsync();

        await using var restarted = await Node.StartAsync(store);

        (await restarted.AttachAsync(session)).State.PendingPermissions.Select(p => p.Id).ShouldBe(["p1"]);
    }

    [Fact]
    public async Task Permission_WhenAProcessThatIsBeingEndedTakesItBack_ShouldStandAndBeAnsweredInTheNextOne()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        agent.HoldsStop = new TaskCompletionSource();
        var restarting = await node.SendAsync(new RestartSession(Node.Owner, session));
        await Eventually.ShouldHoldAsync(() => agent.Controls.Contains("stop"), "the process was told to end");

        agent.Say(new AgentEvent.PermissionWithdrawn("p1"));
        agent.EndTurn();
        await AllowAsync(node, session, "p1");
        agent.HoldsStop.SetResult();

        restarting.IsSuccess.ShouldBeTrue();
        (await (await node.Agents.NextAsync()).NextMessageAsync()).Text.ShouldContain("The user allows it");
    }

    [Fact]
    public async Task Permission_WhenTheNextStartFails_ShouldStandAndBeAnsweredLater()
    {
        var store = new InMemoryStore();
        var killed = await Node.StartAsync(store);
        var session = await AskedAsync(killed);
        await using var restarted = await Node.StartAsync(store);
        await restarted.EventAsync<TurnSuspended>(session);
        restarted.Agents.FailNext(SessionErrors.AgentFailedToStart("no memory."));

        await restarted.AttachAsync(session);
        await restarted.EventAsync<SessionErrorRaised>(session, e => e.Code == "SESSION_001");
        await AllowAsync(restarted, session, "p1");

        (await (await restarted.Agents.NextAsync()).NextMessageAsync()).Text.ShouldContain("The user allows it");
    }

    [Fact]
    public async Task Permission_WhenTheProcessCrashes_ShouldBeAnsweredInTheNextOne()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);

        agent.Die(137);
        await node.EventAsync<TurnSuspended>(session);
        node.Time.Advance(TimeSpan.FromSeconds(1));
        var second = await node.Agents.NextAsync();
        await AllowAsync(node, session, "p1");

        (await second.NextMessageAsync()).Text.ShouldContain("The user allows it");
    }

    [Fact]
    public async Task Permission_WhenNobodyAnswersAfterTheRestart_ShouldBeDeniedAndEndTheTurn()
    {
        var store = new InMemoryStore();
        var killed = await Node.StartAsync(store);
        var session = await AskedAsync(killed);
        await using var restarted = await Node.StartAsync(store);
        await restarted.EventAsync<TurnSuspended>(session);

        restarted.Time.Advance(TimeSpan.FromHours(2));

        (await restarted.EventAsync<PermissionResolved>(session)).Reason.ShouldBe("expired");
        (await restarted.EventAsync<TurnCompleted>(session)).StopReason.ShouldBe("agent_stopped");
        await restarted.StatusAsync(session, SessionStatus.Hibernated);
    }

    [Fact]
    public async Task Interrupt_WhenTheTurnIsSuspended_ShouldEndItAndGoOnWithTheQueue()
    {
        var store = new InMemoryStore();
        var killed = await Node.StartAsync(store);
        var session = await AskedAsync(killed);
        await killed.ChatAsync(session, "two");
        await using var restarted = await Node.StartAsync(store);
        await restarted.EventAsync<TurnSuspended>(session);

        await restarted.SendAsync(new InterruptTurn(Node.Owner, session));

        (await (await restarted.Agents.NextAsync()).NextMessageAsync()).Text.ShouldBe("two");
        (await restarted.EventAsync<PermissionResolved>(session)).Reason.ShouldBe("interrupted");
    }

    [Fact]
    public async Task Answer_WhenItChangesTheArguments_ShouldRunTheChangedOnes()
    {
        var store = new InMemoryStore();
        var killed = await Node.StartAsync(store);
        var session = await AskedAsync(killed);
        await using var restarted = await Node.StartAsync(store);
        await restarted.EventAsync<TurnSuspended>(session);
        var changed = JsonDocument.Parse("""{"command":"touch y"}""").RootElement;

        await restarted.SendAsync(new AnswerPermission(Node.Owner, session, "p1", PermissionDecision.Allow, false, changed, null));
        var agent = await restarted.Agents.NextAsync();
        await agent.NextMessageAsync();
        agent.AskPermission("p2");

        (await agent.NextAnswerAsync()).Answer.Input.GetProperty("command").GetString().ShouldBe("touch y");
    }

    private static async Task<SessionId> AskedAsync(Node node) => (await RunningAsync(node)).Session;

    private static async Task<(SessionId Session, ScriptedAgent Agent)> RunningAsync(Node node)
    {
        var session = await node.CreateSessionAsync();
        var agent = await node.Agents.NextAsync();
        await node.ChatAsync(session, "hello");
        await agent.NextMessageAsync();
        agent.BeginTurn();
        agent.AskPermission("p1");
        await node.StatusAsync(session, SessionStatus.AwaitingPermission);
        return (session, agent);
    }

    private static async Task AllowAsync(Node node, SessionId session, string requestId) =>
        (await node.SendAsync(new AnswerPermission(Node.Owner, session, requestId, PermissionDecision.Allow, false, null, null))).IsSuccess.ShouldBeTrue();
}
