using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Tests.Support;
using Claudy.Domain.Sessions;
using Claudy.Domain.Users;
using NSubstitute;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Sessions;

public sealed class AdmissionTests
{
    [Fact]
    public async Task SendChat_WhenTheNodeIsFull_ShouldWaitInLineAndBeToldItsPlace()
    {
        await using var node = await Node.StartAsync(options: o => o.MaxRunning = 1);
        var first = await RunningAsync(node);
        var second = await node.CreateSessionAsync();

        await node.ChatAsync(second, "hello");

        await node.StatusAsync(second, SessionStatus.Queued);
        await Eventually.ShouldHoldAsync(() => node.Coordination.Published.OfType<FeedItem.QueuePosition>().Any(), "the place was told");
        node.Coordination.Published.OfType<FeedItem.QueuePosition>().Last().ShouldBe(new FeedItem.QueuePosition(1, 1));
        await node.SendAsync(new TerminateSession(Node.Owner, first.Session));
        (await (await node.Agents.NextAsync()).NextMessageAsync()).Text.ShouldBe("hello");
    }

    [Fact]
    public async Task Attach_WhenTheNodeIsFull_ShouldLeaveTheSessionAsleep()
    {
        await using var node = await Node.StartAsync(options: o => o.MaxRunning = 1);
        await RunningAsync(node);

        var second = await node.CreateSessionAsync();

        (await node.AttachAsync(second)).State.Status.ShouldBe(SessionStatus.Hibernated);
    }

    [Fact]
    public async Task Line_ShouldServeUsersInTurn()
    {
        await using var node = await Node.StartAsync(options: o => o.MaxRunning = 1);
        var busy = await RunningAsync(node);
        var other = UserId.New(DateTimeOffset.UnixEpoch.AddDays(1));
        await QueueAsync(node, Node.Owner, "mine 1");
        await QueueAsync(node, Node.Owner, "mine 2");
        await QueueAsync(node, other, "theirs 1");
        await QueueAsync(node, other, "theirs 2");

        List<string> served = [];
        var (owner, running) = (Node.Owner, busy.Session);
        for (var turn = 0; turn < 4; turn++)
        {
            await node.SendAsync(new TerminateSession(owner, running));
            var agent = await node.Agents.NextAsync();
            served.Add((await agent.NextMessageAsync()).Text);
            (owner, running) = (served[^1].StartsWith("mine", StringComparison.Ordinal) ? Node.Owner : other, agent.Launch.SessionId);
        }

        served.ShouldBe(["theirs 1", "mine 1", "theirs 2", "mine 2"]);
    }

    [Fact]
    public async Task Line_WhenAUserHasAllHeMay_ShouldServeOthersFirst()
    {
        await using var node = await Node.StartAsync(options: o => o.MaxRunningPerUser = 1);
        await RunningAsync(node);
        await QueueAsync(node, Node.Owner, "mine");

        var theirs = await node.SendAsync(new CreateSession(UserId.New(DateTimeOffset.UnixEpoch.AddDays(1)), new SessionSettings { Name = "x" }, null));

        (await node.Agents.NextAsync()).Launch.SessionId.ShouldBe(theirs.Value.Id);
    }

    [Fact]
    public async Task Line_WhenAProcessIsIdle_ShouldMakeItYield()
    {
        await using var node = await Node.StartAsync(options: o => (o.MaxRunning, o.YieldAfter) = (1, TimeSpan.FromSeconds(30)));
        var idle = await RunningAsync(node);
        idle.Agent.EndTurn();
        await node.StatusAsync(idle.Session, SessionStatus.Idle);
        await QueueAsync(node, Node.Owner, "hello");

        node.Time.Advance(TimeSpan.FromSeconds(31));

        (await (await node.Agents.NextAsync()).NextMessageAsync()).Text.ShouldBe("hello");
        (await node.EventAsync<StatusChanged>(idle.Session, e => e.Status == SessionStatus.Hibernated)).Reason.ShouldBe("made_room");
    }

    [Fact]
    public async Task Line_WhenOnlyAUsersOwnLimitIsReached_ShouldNotMakeOthersYield()
    {
        await using var node = await Node.StartAsync(options: o => (o.MaxRunningPerUser, o.YieldAfter) = (1, TimeSpan.FromSeconds(30)));
        var other = UserId.New(DateTimeOffset.UnixEpoch.AddDays(1));
        var theirs = (await node.SendAsync(new CreateSession(other, new SessionSettings { Name = "theirs" }, null))).Value.Id;
        await node.Agents.NextAsync();
        await node.StatusAsync(theirs, SessionStatus.Idle);
        var mine = await RunningAsync(node);
        await QueueAsync(node, Node.Owner, "hello");

        node.Time.Advance(TimeSpan.FromSeconds(31));
        mine.Agent.EndTurn();
        await node.StatusAsync(mine.Session, SessionStatus.Idle);
        node.Time.Advance(TimeSpan.FromSeconds(31));
        await node.Agents.NextAsync();

        (await node.EventAsync<StatusChanged>(mine.Session, e => e.Status == SessionStatus.Hibernated)).Reason.ShouldBe("made_room");
        node.Store.Events(theirs).Select(e => e.Event).OfType<StatusChanged>().Last().Status.ShouldBe(SessionStatus.Idle);
    }

    [Fact]
    public async Task Line_WhenMemoryIsShort_ShouldWaitUntilThereIsEnough()
    {
        await using var node = await Node.StartAsync();
        await RunningAsync(node);
        node.Memory.AvailableBytes.Returns(100L << 20);
        var waiting = await QueueAsync(node, Node.Owner, "hello");

        node.Memory.AvailableBytes.Returns(long.MaxValue);
        node.Time.Advance(TimeSpan.FromSeconds(1));

        (await node.Agents.NextAsync()).Launch.SessionId.ShouldBe(waiting);
    }

    [Fact]
    public async Task CancelMessage_WhenItWasAllThatWaited_ShouldLeaveTheLine()
    {
        await using var node = await Node.StartAsync(options: o => o.MaxRunning = 1);
        await RunningAsync(node);
        var second = await node.CreateSessionAsync();
        var accepted = await node.ChatAsync(second, "hello");
        await node.StatusAsync(second, SessionStatus.Queued);

        await node.SendAsync(new CancelMessage(Node.Owner, second, accepted.Value.MessageId));

        await node.StatusAsync(second, SessionStatus.Hibernated);
    }

    [Fact]
    public async Task CancelMessage_WhenTheSessionWaitsToBeResumed_ShouldStayInTheLine()
    {
        await using var node = await Node.StartAsync(options: o => o.MaxRunning = 1);
        var busy = await RunningAsync(node);
        var second = await node.CreateSessionAsync();
        await node.SendAsync(new ResumeSession(Node.Owner, second));
        await node.StatusAsync(second, SessionStatus.Queued);

        var accepted = await node.ChatAsync(second, "hello");
        (await node.SendAsync(new CancelMessage(Node.Owner, second, accepted.Value.MessageId))).IsSuccess.ShouldBeTrue();
        (await node.AttachAsync(second)).State.Status.ShouldBe(SessionStatus.Queued);
        await node.SendAsync(new TerminateSession(Node.Owner, busy.Session));

        (await node.Agents.NextAsync()).Launch.SessionId.ShouldBe(second);
    }

    [Fact]
    public async Task CancelMessage_WhenATurnWaitsToBeTakenBack_ShouldStayInTheLine()
    {
        await using var node = await Node.StartAsync(options: o => o.MaxRunning = 1);
        var session = await node.HibernatedAsync("one", "two");
        var busy = await RunningAsync(node);
        var takingBack = node.SendAsync(new TakeBackTurn(Node.Owner, session, 2));
        await node.StatusAsync(session, SessionStatus.Queued);

        var accepted = await node.ChatAsync(session, "hello");
        (await node.SendAsync(new CancelMessage(Node.Owner, session, accepted.Value.MessageId))).IsSuccess.ShouldBeTrue();
        await node.SendAsync(new TerminateSession(Node.Owner, busy.Session));

        (await takingBack).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Resume_WhenItWasMetByAnotherStart_ShouldNotKeepALaterMessageInTheLine()
    {
        await using var node = await Node.StartAsync(options: o => o.MaxRunning = 1);
        var second = await node.CreateSessionAsync();
        await node.Agents.NextAsync();
        await node.SendAsync(new ResumeSession(Node.Owner, second));
        await node.SendAsync(new HibernateSession(Node.Owner, second));
        await RunningAsync(node);

        var accepted = await node.ChatAsync(second, "hello");
        await node.StatusAsync(second, SessionStatus.Queued);
        await node.SendAsync(new CancelMessage(Node.Owner, second, accepted.Value.MessageId));

        await node.StatusAsync(second, SessionStatus.Hibernated);
    }

    [Fact]
    public async Task Runner_WhenItsStoreFailsWhileItWaits_ShouldGiveItsPlaceBack()
    {
        await using var node = await Node.StartAsync(options: o => o.MaxRunning = 1);
        var busy = await RunningAsync(node);
        var lost = await QueueAsync(node, Node.Owner, "lost");
        node.Store.IsBroken = true;
        (await node.ChatAsync(lost, "too")).IsSuccess.ShouldBeFalse();
        node.Store.IsBroken = false;
        var third = await QueueAsync(node, Node.Owner, "third");

        await node.SendAsync(new TerminateSession(Node.Owner, busy.Session));

        (await node.Agents.NextAsync()).Launch.SessionId.ShouldBe(third);
    }

    private static async Task<SessionId> QueueAsync(Node node, UserId owner, string text)
    {
        var session = (await node.SendAsync(new CreateSession(owner, new SessionSettings { Name = text }, null))).Value.Id;
        await node.SendAsync(new SendChat(owner, session, null, text, []));
        await node.StatusAsync(session, SessionStatus.Queued);
        return session;
    }

    private static async Task<(SessionId Session, ScriptedAgent Agent)> RunningAsync(Node node)
    {
        var session = await node.CreateSessionAsync();
        var agent = await node.Agents.NextAsync();
        await node.ChatAsync(session, "hello");
        await agent.NextMessageAsync();
        agent.BeginTurn();
        await node.EventAsync<AgentSessionChanged>(session);
        return (session, agent);
    }
}
