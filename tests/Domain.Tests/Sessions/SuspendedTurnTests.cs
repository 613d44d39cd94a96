using System.Text.Json;
using Claudy.Domain.Sessions;
using Shouldly;
using Xunit;
using static Claudy.Domain.Tests.Sessions.SessionFactory;

namespace Claudy.Domain.Tests.Sessions;

/// <summary>A turn whose process went while a human was being asked.</summary>
public sealed class SuspendedTurnTests
{
    [Fact]
    public void AgentStopped_WhenSomebodyIsAsked_ShouldKeepTheQuestionAndTheTurn()
    {
        var session = Suspended();

        session.State.Status.ShouldBe(SessionStatus.AwaitingPermission);
        session.State.PendingPermissions.Select(p => p.Id).ShouldBe(["p1"]);
        session.State.CurrentTurn!.IsSuspended.ShouldBeTrue();
        session.TakeUncommitted().Kinds().ShouldBe([nameof(TurnSuspended)]);
    }

    [Fact]
    public void GoOn_WhenAnsweredAndAProcessIsThere_ShouldTellClaudeWhatWasDecided()
    {
        var session = Suspended();
        session.ResolvePermission("p1", PermissionDecision.Allow, PermissionReason.User, null, [], Now);

        var needsProcess = session.GoOn(hasAgent: true, Now);

        needsProcess.ShouldBeFalse();
        var resumed = session.TakeUncommitted().Select(e => e.Event).OfType<TurnResumed>().ShouldHaveSingleItem();
        resumed.Instruction.ShouldContain("Bash {\"command\":\"touch x\"}");
        resumed.Instruction.ShouldContain("The user allows it");
        session.State.Status.ShouldBe(SessionStatus.Running);
    }

    [Fact]
    public void GoOn_WhenOneQuestionIsOpen_ShouldWait()
    {
        var session = Running();
        session.RequestPermission(Permission("p1"), Now);
        session.RequestPermission(Permission("p2"), Now);
        session.AgentStopped("server_restarted", Now);
        session.ResolvePermission("p1", PermissionDecision.Allow, PermissionReason.User, null, [], Now);

        session.GoOn(hasAgent: true, Now).ShouldBeFalse();

        session.State.CurrentTurn!.IsSuspended.ShouldBeTrue();
    }

    [Fact]
    public void GoOn_WhenThereIsNoProcess_ShouldAskForOneAndGoOnInIt()
    {
        var session = Suspended();
        session.ResolvePermission("p1", PermissionDecision.Deny, PermissionReason.User, "not that file", [], Now);

        session.GoOn(hasAgent: false, Now).ShouldBeTrue();
        session.AgentStarting(Now);
        session.AgentReady(Now);

        session.TakeUncommitted().Select(e => e.Event).OfType<TurnResumed>().ShouldHaveSingleItem().Instruction.ShouldContain("does not allow it: not that file");
    }

    [Fact]
    public void GoOn_WhenNobodyAnsweredInTime_ShouldEndTheTurn()
    {
        var session = Suspended();
        session.ResolvePermission("p1", PermissionDecision.Deny, PermissionReason.Expired, null, [], Now);

        session.GoOn(hasAgent: false, Now).ShouldBeFalse();

        session.State.CurrentTurn.ShouldBeNull();
        session.State.Status.ShouldBe(SessionStatus.Hibernated);
    }

    [Fact]
    public void CarriedAnswer_WhenTheSameIsAskedAgain_ShouldBeUsedOnce()
    {
        var session = Suspended();
        var changed = JsonDocument.Parse("""{"command":"touch y"}""").RootElement;
        session.ResolvePermission("p1", PermissionDecision.Allow, PermissionReason.User, null, [], Now, changed);
        session.GoOn(hasAgent: true, Now);
        var again = Permission("p2");
        session.RequestPermission(again, Now);

        var carried = session.CarriedAnswerTo(again.ToolName, again.Input);
        session.ResolvePermission("p2", PermissionDecision.Allow, PermissionReason.CarriedOver, null, [], Now);

        carried!.UpdatedInput!.Value.GetProperty("command").GetString().ShouldBe("touch y");
        session.CarriedAnswerTo(again.ToolName, again.Input).ShouldBeNull();
    }

    [Fact]
    public void CarriedAnswer_WhenSomethingElseIsAsked_ShouldNotBeUsed()
    {
        var session = Suspended();
        session.ResolvePermission("p1", PermissionDecision.Allow, PermissionReason.User, null, [], Now);

        session.CarriedAnswerTo("Bash", JsonDocument.Parse("""{"command":"rm x"}""").RootElement).ShouldBeNull();
        session.CarriedAnswerTo("Write", JsonDocument.Parse("""{"command":"touch x"}""").RootElement).ShouldBeNull();
    }

    [Fact]
    public void CarriedAnswers_WhenTheTurnEnds_ShouldBeForgotten()
    {
        var session = Suspended();
        session.ResolvePermission("p1", PermissionDecision.Allow, PermissionReason.User, null, [], Now);
        session.GoOn(hasAgent: true, Now);

        session.CompleteTurn("end_turn", default, 0, canStart: true, Now);

        session.State.CarriedAnswers.ShouldBeNull();
    }

    [Fact]
    public void InterruptSuspendedTurn_ShouldDenyWhatIsAskedAndEndTheTurn()
    {
        var session = Suspended();
        session.TakeUncommitted();

        session.InterruptSuspendedTurn(hasAgent: false, Now);

        session.State.PendingPermissions.ShouldBeEmpty();
        session.TakeUncommitted().Select(e => e.Event).OfType<TurnCompleted>().ShouldHaveSingleItem().StopReason.ShouldBe("interrupted");
    }

    [Fact]
    public void AgentFailed_WhenSomebodyIsAsked_ShouldLetTheQuestionStand()
    {
        var session = Suspended();

        session.AgentFailed(SessionErrors.AgentFailedToStart("it is broken."), Now);

        session.State.PendingPermissions.Select(p => p.Id).ShouldBe(["p1"]);
        session.State.Status.ShouldBe(SessionStatus.AwaitingPermission);
    }

    [Fact]
    public void AgentFailed_WhenAllIsAnswered_ShouldKeepTheAnswerForTheNextTry()
    {
        var session = Suspended();
        session.ResolvePermission("p1", PermissionDecision.Allow, PermissionReason.User, null, [], Now);

        session.AgentFailed(SessionErrors.AgentFailedToStart("it is broken."), Now);
        var afterwards = session.State.Status;
        session.AgentStarting(Now);
        session.AgentReady(Now);

        afterwards.ShouldBe(SessionStatus.Failed);
        session.State.Status.ShouldBe(SessionStatus.Running);
        session.State.CurrentTurn!.IsSuspended.ShouldBeFalse();
    }

    [Fact]
    public void AgentStopped_WhenAllIsAnsweredAndNothingRuns_ShouldSleepAndKeepTheAnswer()
    {
        var session = Suspended();
        session.ResolvePermission("p1", PermissionDecision.Allow, PermissionReason.User, null, [], Now);
        session.AgentQueued(Now);
        var queued = session.State.Status;

        session.AgentStopped("user_request", Now);

        queued.ShouldBe(SessionStatus.Queued);
        session.State.Status.ShouldBe(SessionStatus.Hibernated);
        session.State.CarriedAnswers.ShouldNotBeNull().Count.ShouldBe(1);
    }

    private static Session Suspended()
    {
        var session = Running();
        session.RequestPermission(Permission("p1"), Now);
        session.TakeUncommitted();
        session.AgentStopped("server_restarted", Now);
        return session;
    }
}
