using Claudy.Application.Sessions;
using Claudy.Application.Tests.Support;
using Claudy.Domain.Sessions;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Sessions;

public sealed class CrashTests
{
    [Fact]
    public async Task Crash_ShouldStartTheAgentAgainAfterABackoffThatDoubles()
    {
        await using var node = await Node.StartAsync(options: o => o.MaxCrashesInARow = 4);
        var session = await node.CreateSessionAsync();
        var agent = await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);

        await CrashAsync(node, session, agent, times: 1);
        node.Time.Advance(TimeSpan.FromSeconds(1));
        var second = await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);
        await CrashAsync(node, session, second, times: 2);
        node.Time.Advance(TimeSpan.FromSeconds(1));
        var early = node.Agents.StartedCount;
        node.Time.Advance(TimeSpan.FromSeconds(1));
        await node.Agents.NextAsync();

        early.ShouldBe(2);
    }

    [Fact]
    public async Task Crash_WhenItHappensTooOften_ShouldFailTheSessionUntilItIsRestarted()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        for (var crash = 1; crash <= 3; crash++)
        {
            var agent = await node.Agents.NextAsync();
            await Eventually.ShouldHoldAsync(() => node.Store.Events(session).Count(e => e.Event is StatusChanged { Status: SessionStatus.Idle }) == crash, "it was idle");
            await CrashAsync(node, session, agent, crash);
            node.Time.Advance(TimeSpan.FromSeconds(5));
        }

        await node.StatusAsync(session, SessionStatus.Failed);
        (await node.EventAsync<SessionErrorRaised>(session)).Message.ShouldContain("3 times in a row");
        var restarted = await node.SendAsync(new RestartSession(Node.Owner, session));

        restarted.IsSuccess.ShouldBeTrue();
        await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);
    }

    [Fact]
    public async Task Crash_AfterATurnEndedWell_ShouldCountAnew()
    {
        await using var node = await Node.StartAsync(options: o => o.MaxCrashesInARow = 2);
        var session = await node.CreateSessionAsync();
        var first = await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);
        await CrashAsync(node, session, first, times: 1);
        node.Time.Advance(TimeSpan.FromSeconds(1));
        var second = await node.Agents.NextAsync();
        await node.ChatAsync(session, "hello");
        await second.NextMessageAsync();
        second.BeginTurn();
        second.EndTurn();
        await node.EventAsync<TurnCompleted>(session);

        await CrashAsync(node, session, second, times: 2);
        node.Time.Advance(TimeSpan.FromSeconds(1));

        await node.Agents.NextAsync();
    }

    [Fact]
    public async Task Hibernate_DuringTheBackoff_ShouldCallTheStartOff()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        var agent = await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);
        await CrashAsync(node, session, agent, times: 1);

        await node.SendAsync(new HibernateSession(Node.Owner, session));
        node.Time.Advance(TimeSpan.FromMinutes(1));
        await Eventually.ShouldHoldAsync(() => node.Coordination.Held.Count == 0, "the session was put down");

        node.Agents.StartedCount.ShouldBe(1);
    }

    [Fact]
    public async Task Restart_WhenIdle_ShouldEndTheProcessAndStartAnother()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        var agent = await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);

        await node.SendAsync(new RestartSession(Node.Owner, session));

        await node.Agents.NextAsync();
        agent.IsDisposed.ShouldBeTrue();
    }

    [Fact]
    public async Task Resume_WhenHibernated_ShouldStartAProcess()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);
        await node.SendAsync(new HibernateSession(Node.Owner, session));

        await node.SendAsync(new ResumeSession(Node.Owner, session));

        await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);
    }

    private static async Task CrashAsync(Node node, SessionId session, ScriptedAgent agent, int times)
    {
        agent.Die(137);
        await Eventually.ShouldHoldAsync(
            () => node.Store.Events(session).Count(e => e.Event is SessionErrorRaised { Code: "SESSION_003" }) == times, $"crash {times} was recorded");
    }
}
