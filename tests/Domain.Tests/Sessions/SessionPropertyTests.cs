using System.Text.Json;
using Claudy.Domain.Sessions;
using FsCheck.Xunit;
using Shouldly;
using static Claudy.Domain.Tests.Sessions.SessionFactory;

namespace Claudy.Domain.Tests.Sessions;

/// <summary>Any schedule of commands, agent events and deaths keeps the rules of a session.</summary>
public sealed class SessionPropertyTests
{
    [Property(MaxTest = 500)]
    public void AnySchedule_ShouldNumberEventsWithoutGap(byte[] schedule)
    {
        var run = Run(schedule);

        run.Events.Select(e => e.Seq).ShouldBe(Enumerable.Range(1, run.Events.Count).Select(i => (long)i));
    }

    [Property(MaxTest = 500)]
    public void AnySchedule_ShouldReplayToTheSameState(byte[] schedule)
    {
        var run = Run(schedule);
        var created = (SessionCreated)run.Events[0].Event;
        var replayed = Session.Restore(run.Session.Id, run.Session.Owner, Now, SessionState.Initial(created), 1, Now);

        foreach (var stored in run.Events.Skip(1))
        {
            replayed.Replay(stored);
        }

        JsonSerializer.Serialize(replayed.State).ShouldBe(JsonSerializer.Serialize(run.Session.State));
    }

    [Property(MaxTest = 500)]
    public void AnySchedule_ShouldStartAcceptedMessagesOnceAndInOrder(byte[] schedule)
    {
        var run = Run(schedule);

        var started = run.Events.Select(e => e.Event).OfType<UserMessageAdded>().Select(e => e.Message.Id).ToList();
        var cancelled = run.Events.Select(e => e.Event).OfType<QueueChanged>().Where(e => e.Change == QueueChange.Cancelled).Select(e => e.MessageId);
        var moved = run.Events.Select(e => e.Event).OfType<QueueChanged>().Where(e => e.Change == QueueChange.Moved).Select(e => e.MessageId).ToHashSet();
        var waiting = run.Session.State.Queue.Select(m => m.Id).ToList();
        started.Concat(waiting).Where(id => !moved.Contains(id)).ShouldBe(run.Accepted.Except(cancelled).Where(id => !moved.Contains(id)));
        started.Concat(waiting).ShouldBe(run.Accepted.Except(cancelled), ignoreOrder: true);
        started.ShouldBeUnique();
    }

    [Property(MaxTest = 500)]
    public void AnySchedule_ShouldKeepStatusAndTurnTogether(byte[] schedule)
    {
        var state = Run(schedule).Session.State;

        if (state.CurrentTurn is not { IsSuspended: true })
        {
            (state.CurrentTurn is not null).ShouldBe(state.Status is SessionStatus.Running or SessionStatus.AwaitingPermission);
        }

        (state.PendingPermissions.Count > 0).ShouldBe(state.Status is SessionStatus.AwaitingPermission);
        (state.CarriedAnswers is { Count: > 0 } && state.CurrentTurn is null).ShouldBeFalse();
        if (state.Status is SessionStatus.Idle or SessionStatus.Terminated)
        {
            state.Queue.ShouldBeEmpty();
        }
    }

    private static (Session Session, List<StoredEvent> Events, List<string> Accepted) Run(byte[] schedule)
    {
        var session = Create();
        List<string> accepted = [];
        var now = Now;
        for (var step = 0; step < schedule.Length; step++)
        {
            now = now.AddMinutes(schedule[step] % 7);
            Step(session, schedule[step], $"m{step}", accepted, now);
        }

        return (session, [.. session.TakeUncommitted()], accepted);
    }

    private static void Step(Session session, byte choice, string id, List<string> accepted, DateTimeOffset now)
    {
        var hasProcess = session.State.Status is SessionStatus.Idle or SessionStatus.Running or SessionStatus.AwaitingPermission;
        var isSuspended = session.State.CurrentTurn is { IsSuspended: true };
        switch (choice % 17)
        {
            case 12 when session.State.Queue is [_, .., var last]:
                session.PutFirst(last.Id, now).IsSuccess.ShouldBeTrue();
                break;
            case 13 when session.State.Queue is [var first, ..]:
                session.EditMessage(first.Id, $"edited {id}", now).IsSuccess.ShouldBeTrue();
                break;
            case 14 when isSuspended:
                session.InterruptSuspendedTurn(hasAgent: false, now);
                break;
            case 15 when isSuspended:
                session.GoOn(hasAgent: choice > 128, now);
                break;
            case 16 when isSuspended:
                session.AgentReady(now);
                break;
            case 0 or 1:
                if (session.AcceptMessage(Message(id, clientId: id), canStart: true, now).IsSuccess)
                {
                    accepted.Add(id);
                }

                break;
            case 2 when session.State.Queue is [.., var last]:
                session.CancelMessage(last.Id, now).IsSuccess.ShouldBeTrue();
                break;
            case 3 or 4 when session.State.Status is SessionStatus.Hibernated or SessionStatus.Failed:
                session.AgentStarting(now);
                break;
            case 3 or 4 when session.State.Status is SessionStatus.Starting:
                session.AgentReady(now);
                break;
            case 5 when session.State.CurrentTurn is not null && !isSuspended:
                session.CompleteTurn("end_turn", default, 0.01m, canStart: true, now);
                break;
            case 6 when hasProcess && !isSuspended:
                session.RequestPermission(Permission(id), now);
                break;
            case 7 when session.State.PendingPermissions is [var pending, ..]:
                session.ResolvePermission(pending.Id, PermissionDecision.Allow, "user", null, [$"Bash({id})"], now).IsSuccess.ShouldBeTrue();
                break;
            case 8 when hasProcess:
                session.AgentStopped("agent_exited", now);
                break;
            case 9 when session.State.Status is SessionStatus.Starting:
                session.AgentFailed(SessionErrors.AgentFailedToStart("it is broken."), now);
                break;
            case 10 when hasProcess && !isSuspended:
                session.EnsureTurn(now);
                break;
            case 11 when choice > 240:
                session.Terminate("user_request", now);
                break;
        }
    }
}
