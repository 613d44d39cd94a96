using Claudy.Domain.Sessions;
using Claudy.Domain.Usage;
using Shouldly;
using Xunit;
using static Claudy.Domain.Tests.Sessions.SessionFactory;

namespace Claudy.Domain.Tests.Sessions;

/// <summary>A session that waits for money.</summary>
public sealed class BudgetTests
{
    private static readonly BudgetReached Spent = new(BudgetScope.Session, 1, 1.2m, null);

    [Fact]
    public void AcceptMessage_WhenPaused_ShouldQueueItInsteadOfBeginning()
    {
        var session = Idle();
        session.PauseForBudget(Spent, Now);

        var accepted = session.AcceptMessage(Message("m1"), canStart: true, Now);

        accepted.Value.Position.ShouldBe(1);
        session.State.CurrentTurn.ShouldBeNull();
        session.State.HasWork.ShouldBeFalse();
    }

    [Fact]
    public void PauseForBudget_WhenPausedAlready_ShouldSayItOnce()
    {
        var session = Idle();

        session.PauseForBudget(Spent, Now);
        session.PauseForBudget(Spent, Now);

        session.TakeUncommitted().Kinds().ShouldBe([nameof(BudgetPaused)]);
    }

    [Fact]
    public void ResumeFromBudget_WhenMessagesWait_ShouldBeginTheFirst()
    {
        var session = Idle();
        session.PauseForBudget(Spent, Now);
        session.AcceptMessage(Message("m1"), canStart: true, Now);
        session.AcceptMessage(Message("m2"), canStart: true, Now);

        session.ResumeFromBudget(hasAgent: true, Now).ShouldBeFalse();

        session.State.CurrentTurn!.MessageId.ShouldBe("m1");
        session.State.Queue.Select(m => m.Id).ShouldBe(["m2"]);
    }

    [Fact]
    public void HoldTurn_ShouldKeepTheTurnUntilThereIsMoney_AndCountAllOfIt()
    {
        var session = Running();
        session.PauseForBudget(Spent, Now);

        session.HoldTurn(new TokenUsage(1, 2, 3, 4), 0.5m, Now);
        session.State.Status.ShouldBe(SessionStatus.Idle);
        session.AcceptMessage(Message("second"), canStart: true, Now).Value.Position.ShouldBe(1);
        session.ResumeFromBudget(hasAgent: true, Now);
        session.State.Status.ShouldBe(SessionStatus.Running);
        session.CompleteTurn("end_turn", new TokenUsage(10, 20, 30, 40), 0.25m, canStart: true, Now);

        var events = session.TakeUncommitted();
        events.Kinds().ShouldBe(
        [
            nameof(BudgetPaused), nameof(TurnSuspended), nameof(StatusChanged), nameof(QueueChanged), nameof(BudgetResumed), nameof(TurnResumed),
            nameof(StatusChanged), nameof(TurnCompleted), nameof(QueueChanged), nameof(UserMessageAdded), nameof(TurnStarted),
        ]);
        var completed = events.Select(e => e.Event).OfType<TurnCompleted>().Single();
        completed.Usage.ShouldBe(new TokenUsage(11, 22, 33, 44));
        completed.CostUsd.ShouldBe(0.75m);
    }

    [Fact]
    public void AgentReady_WhenATurnIsHeld_ShouldRestUntilThereIsMoney()
    {
        var session = Held();
        session.AgentStopped("idle", Now);
        session.State.Status.ShouldBe(SessionStatus.Hibernated);

        session.AgentStarting(Now);
        session.AgentReady(Now);
        session.State.Status.ShouldBe(SessionStatus.Idle);
        session.State.CurrentTurn!.IsHeld.ShouldBeTrue();
        session.ResumeFromBudget(hasAgent: true, Now);

        session.State.CurrentTurn.IsSuspended.ShouldBeFalse();
        session.State.Status.ShouldBe(SessionStatus.Running);
    }

    [Fact]
    public void ResumeFromBudget_WhenThereIsNoProcess_ShouldAskForOneAndGoOnInIt()
    {
        var session = Held();
        session.AgentStopped("server_restarted", Now);

        session.ResumeFromBudget(hasAgent: false, Now).ShouldBeTrue();
        session.AgentStarting(Now);
        session.AgentReady(Now);

        session.State.Status.ShouldBe(SessionStatus.Running);
    }

    [Fact]
    public void InterruptSuspendedTurn_WhenHeld_ShouldEndItAndStayPaused()
    {
        var session = Held();
        session.AcceptMessage(Message("second"), canStart: true, Now);

        session.InterruptSuspendedTurn(hasAgent: true, Now);

        session.State.CurrentTurn.ShouldBeNull();
        session.State.Queue.Count.ShouldBe(1);
        session.State.BudgetPause.ShouldBe(Spent);
    }

    [Fact]
    public void HoldTurn_WhenHeldAlready_ShouldDoNothing()
    {
        var session = Held();

        session.HoldTurn(new TokenUsage(1, 1, 1, 1), 1, Now);

        session.TakeUncommitted().ShouldBeEmpty();
    }

    private static Session Held()
    {
        var session = Running();
        session.PauseForBudget(Spent, Now);
        session.HoldTurn(default, 0, Now);
        session.TakeUncommitted();
        return session;
    }
}
