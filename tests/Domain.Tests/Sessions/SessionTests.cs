using Claudy.Domain.Sessions;
using Shouldly;
using Xunit;
using static Claudy.Domain.Tests.Sessions.SessionFactory;

namespace Claudy.Domain.Tests.Sessions;

public sealed class SessionTests
{
    [Fact]
    public void Create_ShouldHibernateWithItsFirstEvent()
    {
        var session = Create("my session");

        session.State.Status.ShouldBe(SessionStatus.Hibernated);
        session.TakeUncommitted().ShouldHaveSingleItem().ShouldBe(new StoredEvent(1, Now, new SessionCreated(session.State.Settings)));
    }

    [Fact]
    public void AcceptMessage_WhenIdle_ShouldStartItsTurn()
    {
        var session = Idle();

        var accepted = session.AcceptMessage(Message("m1"), canStart: true, Now);

        accepted.Value.ShouldBe(new AcceptedAt("m1", 0, IsRepeat: false));
        session.State.Status.ShouldBe(SessionStatus.Running);
        session.TakeUncommitted().Kinds().ShouldBe([nameof(UserMessageAdded), nameof(TurnStarted), nameof(StatusChanged)]);
    }

    [Fact]
    public void AcceptMessage_WhenRunning_ShouldQueueInOrder()
    {
        var session = Running();

        var second = session.AcceptMessage(Message("second"), canStart: true, Now);
        var third = session.AcceptMessage(Message("third"), canStart: true, Now);

        second.Value.Position.ShouldBe(1);
        third.Value.Position.ShouldBe(2);
        session.State.Queue.Select(m => m.Id).ShouldBe(["second", "third"]);
    }

    [Fact]
    public void AcceptMessage_WhenHibernated_ShouldQueueUntilTheAgentIsReady()
    {
        var session = Create();

        session.AcceptMessage(Message("m1"), canStart: true, Now).Value.Position.ShouldBe(1);
        session.AgentStarting(Now);
        session.AgentReady(Now);

        session.State.CurrentTurn!.MessageId.ShouldBe("m1");
        session.State.Queue.ShouldBeEmpty();
    }

    [Fact]
    public void AcceptMessage_WhenSentAgain_ShouldAnswerTheSameAndRecordNothing()
    {
        var session = Idle();
        session.AcceptMessage(Message("m1", clientId: "c-1"), canStart: true, Now);
        session.TakeUncommitted();

        var again = session.AcceptMessage(Message("m2", clientId: "c-1"), canStart: true, Now.AddHours(23));

        again.Value.ShouldBe(new AcceptedAt("m1", 0, IsRepeat: true));
        session.TakeUncommitted().ShouldBeEmpty();
    }

    [Fact]
    public void AcceptMessage_WhenSentAgainAfterADay_ShouldBeANewMessage()
    {
        var session = Idle();
        session.AcceptMessage(Message("m1", clientId: "c-1"), canStart: true, Now);

        var again = session.AcceptMessage(Message("m2", clientId: "c-1"), canStart: true, Now.AddHours(24));

        again.Value.MessageId.ShouldBe("m2");
    }

    [Fact]
    public void AcceptMessage_WhenIdHasOtherText_ShouldRefuse()
    {
        var session = Idle();
        session.AcceptMessage(Message("m1", "one", "c-1"), canStart: true, Now);

        var other = session.AcceptMessage(Message("m2", "two", "c-1"), canStart: true, Now);

        other.Error!.Code.ShouldBe("SESSION_008");
    }

    [Fact]
    public void AcceptMessage_WhenQueueIsFull_ShouldRefuse()
    {
        var session = Running();
        for (var i = 0; i < Session.QueueLimit; i++)
        {
            session.AcceptMessage(Message($"q{i}"), canStart: true, Now).IsSuccess.ShouldBeTrue();
        }

        session.AcceptMessage(Message("one too many"), canStart: true, Now).Error!.Code.ShouldBe("SESSION_009");
    }

    [Fact]
    public void AcceptMessage_WhenTooManyBytesWait_ShouldRefuse()
    {
        var session = Running();
        var large = new string('x', (int)(Session.QueueByteLimit / 4));
        session.AcceptMessage(Message("half", large), canStart: true, Now).IsSuccess.ShouldBeTrue();

        session.AcceptMessage(Message("too much", large + "x"), canStart: true, Now).Error!.Code.ShouldBe("SESSION_009");
    }

    [Fact]
    public void AcceptMessage_WhenTheProcessIsBeingEnded_ShouldQueue()
    {
        var session = Idle();

        session.AcceptMessage(Message("m1"), canStart: false, Now).Value.Position.ShouldBe(1);

        session.State.CurrentTurn.ShouldBeNull();
    }

    [Fact]
    public void AcceptMessage_WhenAnIdIsUsedAgainAfterADay_ShouldRememberTheNewMessage()
    {
        var session = Idle();
        session.AcceptMessage(Message("m1", clientId: "c-1"), canStart: true, Now);
        session.AcceptMessage(Message("m2", clientId: "c-1"), canStart: true, Now.AddHours(25));

        var retry = session.AcceptMessage(Message("m3", clientId: "c-1"), canStart: true, Now.AddHours(26));

        retry.Value.MessageId.ShouldBe("m2");
    }

    [Fact]
    public void AcceptMessage_WhenTerminated_ShouldRefuse()
    {
        var session = Idle();
        session.Terminate("user_request", Now);

        session.AcceptMessage(Message("m1"), canStart: true, Now).Error!.Code.ShouldBe("SESSION_004");
    }

    [Fact]
    public void CancelMessage_WhenQueued_ShouldTakeItOut()
    {
        var session = Running();
        session.AcceptMessage(Message("second"), canStart: true, Now);

        session.CancelMessage("second", Now).IsSuccess.ShouldBeTrue();

        session.State.Queue.ShouldBeEmpty();
    }

    [Fact]
    public void CancelMessage_WhenItsTurnBegan_ShouldRefuse() =>
        Running().CancelMessage("first", Now).Error!.Code.ShouldBe("SESSION_007");

    [Fact]
    public void CompleteTurn_WhenMessagesWait_ShouldStartTheNext()
    {
        var session = Running();
        session.AcceptMessage(Message("second"), canStart: true, Now);
        session.TakeUncommitted();

        session.CompleteTurn("end_turn", new TokenUsage(1, 2, 3, 4), 0.5m, canStart: true, Now.AddSeconds(2));

        session.State.CurrentTurn.ShouldBe(new Turn(2, "second", Now.AddSeconds(2)));
        session.State.CostUsd.ShouldBe(0.5m);
        session.TakeUncommitted().Kinds().ShouldBe([nameof(TurnCompleted), nameof(QueueChanged), nameof(UserMessageAdded), nameof(TurnStarted)]);
    }

    [Fact]
    public void ResolvePermission_WhenAnsweredTwice_ShouldLetTheFirstWin()
    {
        var session = Running();
        session.RequestPermission(Permission("p1"), Now);

        session.ResolvePermission("p1", PermissionDecision.Deny, "user", "no", [], Now).IsSuccess.ShouldBeTrue();
        var second = session.ResolvePermission("p1", PermissionDecision.Allow, "user", null, [], Now);

        second.Error!.Code.ShouldBe("SESSION_006");
        session.State.Status.ShouldBe(SessionStatus.Running);
    }

    [Fact]
    public void ResolvePermission_WhenAnotherIsOpen_ShouldGoOnWaiting()
    {
        var session = Running();
        session.RequestPermission(Permission("p1"), Now);
        session.RequestPermission(Permission("p2"), Now);

        session.ResolvePermission("p1", PermissionDecision.Allow, "user", null, ["Bash(touch x)"], Now);

        session.State.Status.ShouldBe(SessionStatus.AwaitingPermission);
        session.State.RememberedRules.ShouldBe(["Bash(touch x)"]);
    }

    [Fact]
    public void ExpiredPermissions_ShouldNameThoseWhoseTimeIsOver()
    {
        var session = Running();
        session.RequestPermission(Permission("short", TimeSpan.FromMinutes(1)), Now);
        session.RequestPermission(Permission("long", TimeSpan.FromHours(1)), Now);

        session.ExpiredPermissions(Now.AddMinutes(1)).Select(p => p.Id).ShouldBe(["short"]);
    }

    [Fact]
    public void AgentStopped_WhenATurnIsOpen_ShouldCloseItAndKeepTheQueue()
    {
        var session = Running();
        session.AcceptMessage(Message("second"), canStart: true, Now);

        session.AgentStopped("agent_exited", Now);

        session.State.ShouldSatisfyAllConditions(
            state => state.Status.ShouldBe(SessionStatus.Hibernated),
            state => state.CurrentTurn.ShouldBeNull(),
            state => state.Queue.Select(m => m.Id).ShouldBe(["second"]));
    }

    [Fact]
    public void Terminate_ShouldDropTheQueueAndStayOver()
    {
        var session = Running();
        session.AcceptMessage(Message("second"), canStart: true, Now);

        session.Terminate("user_request", Now);
        session.AgentStopped("agent_exited", Now);

        session.State.Status.ShouldBe(SessionStatus.Terminated);
        session.State.Queue.ShouldBeEmpty();
    }

    [Fact]
    public void Replay_WhenAnEventIsMissing_ShouldRefuse()
    {
        var session = Create();

        Should.Throw<InvalidOperationException>(() => session.Replay(new StoredEvent(3, Now, new TurnStarted(1, null))));
    }
}
