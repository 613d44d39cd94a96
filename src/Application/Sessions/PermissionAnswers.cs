using System.Text.Json;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Sessions.Permissions;
using Claudy.Domain.Shared;

namespace Claudy.Application.Sessions;

/// <summary>
/// Takes answers to permission requests, remembers what is to be remembered, and tells the agent: the one that asked, or the next one
/// when that is gone. Runs on the session's loop only.
/// </summary>
internal sealed class PermissionAnswers(
    Session session, AgentLifecycle agent, PermissionGate permissions, AgentSlot slot, ISessionLoop loop, TimeProvider time)
{
    /// <summary>Takes a user's answer.</summary>
    public void Take(SessionCommand.AnswerPermission command, Action<Result> done)
    {
        var pending = session.State.PendingPermissions.FirstOrDefault(p => p.Id == command.RequestId);
        var remembers = command is { Remember: true, Decision: PermissionDecision.Allow } && pending is not null;
        var remembered = remembers ? new Remembered(command.Rules ?? pending!.SuggestedRules, command.ForUser) : null;
        Result Resolved() => Resolve(command.RequestId, command.Decision, PermissionReason.User, command.Message, remembered, command.UpdatedInput, time.GetUtcNow());
        if (remembered is { ForUser: false } && session.State.Rules.Count + remembered.Rules.Count > PermissionRules.Limit)
        {
            done(PermissionGate.TooManyRules());
        }
        else if (remembered is not { ForUser: true })
        {
            done(Resolved());
        }
        else if (remembered.Rules.Count == 0)
        {
            done(RequestErrors.InvalidField("remember", "There is no rule to remember for all sessions; give rules of your own."));
        }
        else
        {
            // Stored first, so that the next call of that kind is not asked about.
            permissions.RememberForOwner(remembered.Rules, stored => done(stored.IsSuccess ? Resolved() : stored));
        }
    }

    /// <summary>Gives a request the answer that a user gave to the same one of an agent that is gone.</summary>
    public void Carry(string requestId, CarriedAnswer carried) =>
        Resolve(requestId, carried.Decision, PermissionReason.CarriedOver, carried.Message, remember: null, carried.UpdatedInput, time.GetUtcNow());

    /// <summary>Denies what nobody answered in time.</summary>
    public void Expire(DateTimeOffset now)
    {
        foreach (var expired in session.ExpiredPermissions(now))
        {
            Resolve(expired.Id, PermissionDecision.Deny, PermissionReason.Expired, "Nobody answered in time.", remember: null, null, now);
        }
    }

    private Result Resolve(
        string requestId,
        PermissionDecision decision,
        string reason,
        string? message,
        Remembered? remember,
        JsonElement? updatedInput,
        DateTimeOffset now)
    {
        var isSuspended = session.State.CurrentTurn is { IsSuspended: true };
        var resolved = session.ResolvePermission(
            requestId, decision, reason, message, remember?.Rules ?? [], now, updatedInput, remember?.ForUser ?? false);
        if (!resolved.IsSuccess)
        {
            return resolved.Error;
        }

        var request = resolved.Value;
        var mode = remember is { Rules.Count: 0 } ? request.SuggestedMode : null;
        if (mode is { } newMode)
        {
            session.ChangeSettings(session.State.Settings with { PermissionMode = newMode }, now);
        }

        if (isSuspended)
        {
            GoOn(now);
            return Result.Success();
        }

        var answer = new PermissionAnswer(decision, updatedInput ?? request.Input, mode, message);
        loop.AfterCommit(() => slot.Tell((running, token) => running.AnswerPermissionAsync(requestId, answer, token)));
        return Result.Success();
    }

    // What was asked by a process that is gone is answered; the next process must be told.
    private void GoOn(DateTimeOffset now)
    {
        if (session.GoOn(agent.IsThere, now))
        {
            agent.Start(isAskedFor: true);
        }
    }

    private sealed record Remembered(IReadOnlyList<string> Rules, bool ForUser);
}
