using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Tests.Support;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Sessions;

/// <summary>What Claude remembers comes from the session's own history when its own transcript does not do.</summary>
public sealed class MemoryTests
{
    private static readonly Error Missing = SessionErrors.AgentFailedToStart("No conversation found.") with { Reason = AgentErrors.TranscriptMissingReason };
    private static readonly Error NotRebuilt = SessionErrors.AgentFailedToStart("Read-only.") with { Reason = AgentErrors.RebuildFailedReason };

    [Fact]
    public async Task Start_WhenNothingWasSaidYet_ShouldRebuildNothing()
    {
        await using var node = await Node.StartAsync();
        await node.CreateSessionAsync();

        (await node.Agents.NextAsync()).Launch.Memory.ShouldBeNull();
    }

    [Fact]
    public async Task Start_WhenTheTranscriptIsThere_ShouldRebuildNothing()
    {
        await using var node = await Node.StartAsync();
        var session = await node.HibernatedAsync("hello");

        await node.ChatAsync(session, "go on");

        (await node.Agents.NextAsync()).Launch.Memory.ShouldBeNull();
    }

    [Fact]
    public async Task Start_WhenTheTranscriptIsGone_ShouldRebuildItAndSaySo()
    {
        await using var node = await Node.StartAsync();
        var session = await node.HibernatedAsync("hello");
        node.Agents.FailNext(Missing);

        await node.ChatAsync(session, "go on");
        var agent = await node.Agents.NextAsync();

        agent.Launch.ResumeAgentSessionId.ShouldBeNull();
        agent.Launch.Memory!.Turns.Select(turn => turn.Message!.Text).ShouldBe(["hello"]);
        (await agent.NextMessageAsync()).Text.ShouldBe("go on");
        (await node.EventAsync<AgentSessionChanged>(session, e => e.Rebuilt is not null)).ShouldBe(new AgentSessionChanged(session.Value, new RebuiltMemory(1, IsShortened: false)));
        node.Store.Events(session).ShouldNotContain(e => e.Event is SessionErrorRaised);
    }

    [Fact]
    public async Task Start_WhenTheFirstTurnNeverGotAsFarAsATranscript_ShouldRebuildIt()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        var first = await node.Agents.NextAsync();
        await node.ChatAsync(session, "hello");
        await first.NextMessageAsync();
        first.Die(137);
        await node.StatusAsync(session, SessionStatus.Hibernated);

        await node.ChatAsync(session, "go on");

        (await node.Agents.NextAsync()).Launch.Memory!.Turns.Select(turn => turn.Message!.Text).ShouldBe(["hello"]);
    }

    [Fact]
    public async Task Start_WhenItCannotBeRebuiltEither_ShouldBeginAnewAndSaySo()
    {
        await using var node = await Node.StartAsync();
        var session = await node.HibernatedAsync("hello");
        node.Agents.FailNext(Missing);
        node.Agents.FailNext(NotRebuilt);

        await node.ChatAsync(session, "go on");
        var agent = await node.Agents.NextAsync();

        agent.Launch.Memory.ShouldBe(Conversation.Empty);
        (await node.EventAsync<SessionErrorRaised>(session)).Code.ShouldBe("CLAUDE_005");
        (await agent.NextMessageAsync()).Text.ShouldBe("go on");
    }
}

/// <summary>Sessions with a past.</summary>
internal static class PastConversations
{
    /// <summary>A session with a turn for each message, asleep.</summary>
    public static async Task<SessionId> HibernatedAsync(this Node node, params IReadOnlyList<string> messages)
    {
        var (session, _) = await node.AfterTurnsAsync(messages);
        await node.SendAsync(new HibernateSession(Node.Owner, session));
        return session;
    }

    /// <summary>A session with a turn for each message, idle.</summary>
    public static async Task<(SessionId Session, ScriptedAgent Agent)> AfterTurnsAsync(this Node node, params IReadOnlyList<string> messages)
    {
        var session = await node.CreateSessionAsync();
        var agent = await node.Agents.NextAsync();
        for (var i = 1; i <= messages.Count; i++)
        {
            await node.ChatAsync(session, messages[i - 1]);
            await agent.NextMessageAsync();
            agent.BeginTurn();
            agent.Say(new AgentEvent.TextCompleted($"m{i}.0", $"answer to {messages[i - 1]}", null));
            agent.EndTurn();
            await node.EventAsync<TurnCompleted>(session, e => e.TurnId == i);
            await node.StatusAsync(session, SessionStatus.Idle);
        }

        return (session, agent);
    }
}
