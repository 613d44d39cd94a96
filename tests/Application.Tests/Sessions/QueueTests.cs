using Claudy.Application.Sessions;
using Claudy.Application.Tests.Support;
using Claudy.Domain.Sessions;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Sessions;

public sealed class QueueTests
{
    [Fact]
    public async Task EditMessage_ShouldReachTheAgentAsEdited()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        var second = await node.ChatAsync(session, "old");

        var edited = await node.SendAsync(new EditMessage(Node.Owner, session, second.Value.MessageId, "new"));
        agent.EndTurn();

        edited.IsSuccess.ShouldBeTrue();
        (await agent.NextMessageAsync()).Text.ShouldBe("new");
    }

    [Fact]
    public async Task EditMessage_WhenItIsEmpty_ShouldBeRefused()
    {
        await using var node = await Node.StartAsync();
        var (session, _) = await RunningAsync(node);
        var second = await node.ChatAsync(session, "old");

        (await node.SendAsync(new EditMessage(Node.Owner, session, second.Value.MessageId, " "))).Error!.Code.ShouldBe("WS_005");
    }

    [Fact]
    public async Task SendNow_ShouldInterruptTheTurnAndGoBeforeTheOthers()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        await node.ChatAsync(session, "two");
        var third = await node.ChatAsync(session, "three");

        var sent = await node.SendAsync(new SendNow(Node.Owner, session, third.Value.MessageId));

        sent.IsSuccess.ShouldBeTrue();
        (await agent.NextMessageAsync()).Text.ShouldBe("three");
        agent.Controls.ShouldContain("interrupt");
        (await node.EventAsync<TurnCompleted>(session)).StopReason.ShouldBe("interrupted");
    }

    [Fact]
    public async Task SendChat_WhenUrgent_ShouldInterruptTheTurnAndGoBeforeTheOthers()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        await node.ChatAsync(session, "two");

        await node.SendAsync(new SendChat(Node.Owner, session, "c-3", "three", [], IsUrgent: true));
        await node.SendAsync(new SendChat(Node.Owner, session, "c-3", "three", [], IsUrgent: true));

        (await agent.NextMessageAsync()).Text.ShouldBe("three");
        agent.Controls.Count(c => c == "interrupt").ShouldBe(1);
    }

    [Fact]
    public async Task TurnEnded_WhileTheProcessIsBeingEnded_ShouldKeepTheNextMessageForAnother()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        await node.ChatAsync(session, "two");
        agent.HoldsStop = new TaskCompletionSource();
        var hibernating = node.SendAsync(new HibernateSession(Node.Owner, session));
        await Eventually.ShouldHoldAsync(() => agent.Controls.Contains("stop"), "the process was told to end");

        agent.EndTurn();
        await node.EventAsync<TurnCompleted>(session);
        agent.HoldsStop.SetResult();
        await hibernating;

        node.Store.Events(session).Count(e => e.Event is UserMessageAdded).ShouldBe(1);
        (await node.AttachAsync(session)).State.Queue.ShouldHaveSingleItem().Text.ShouldBe("two");
    }

    private static async Task<(SessionId Session, ScriptedAgent Agent)> RunningAsync(Node node)
    {
        var session = await node.CreateSessionAsync();
        var agent = await node.Agents.NextAsync();
        await node.ChatAsync(session, "one");
        await agent.NextMessageAsync();
        agent.BeginTurn();
        await node.EventAsync<AgentSessionChanged>(session);
        return (session, agent);
    }
}
