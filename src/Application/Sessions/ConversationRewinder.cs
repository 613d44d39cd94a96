using Claudy.Application.Files.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;

namespace Claudy.Application.Sessions;

/// <summary>Takes a session back to before a turn: files first, then the process that remembers it, then the conversation. Runs on the session's loop only.</summary>
/// <remarks>In that order, since a server that dies in between leaves a turn that can be taken back again, to the same end.</remarks>
internal sealed class ConversationRewinder(Session session, AgentLifecycle agent, AgentSlot slot, ISessionLoop loop, TimeProvider time)
{
    private const string StopReason = "taken_back";

    // Enough for people; more would be stored and sent for nobody.
    private const int MaxNamedFiles = 1_000;
    private const int MaxNamedLeft = 20;

    private Action<Result<SessionReply>>? _answer;
    private SessionCommand.TakeBack? _command;

    /// <summary>Whether no turn may begin, since one is being taken back.</summary>
    public bool IsBusy => _answer is not null;

    public void Begin(SessionCommand.TakeBack command, Action<Result<SessionReply>> answer)
    {
        if (IsBusy)
        {
            answer(SessionErrors.Busy());
            return;
        }

        if (session.CanTakeBack(command.TurnId) is { IsSuccess: false } refused)
        {
            answer(refused.Error);
            return;
        }

        _answer = answer;
        _command = command;

        // Only Claude Code knows what the files were.
        agent.StartThen(up =>
        {
            if (up.IsSuccess)
            {
                RestoreFiles(command);
            }
            else
            {
                End(up.Error);
            }
        });
    }

    private void RestoreFiles(SessionCommand.TakeBack command)
    {
        if (IsInTheWay())
        {
            End(SessionErrors.Busy());
            return;
        }

        if (command.MessageId is null)
        {
            StopAgent(SessionErrors.ControlFailed("Claude began that turn by itself, and nothing was kept from before it."));
            return;
        }

        Result<IReadOnlyList<string>> files = SessionErrors.ControlFailed("it has ended.");
        slot.Control(
            async running =>
            {
                files = await running.RewindFilesAsync(AttemptId.Of(command.MessageId), CancellationToken.None);
                return files.IsSuccess ? Result.Success() : files.Error;
            },
            _ => loop.PostAsync(() => RestoreWhatWasKept(command, files)));
    }

    // What commands changed Claude Code does not know; what was kept of the workspace tells.
    private void RestoreWhatWasKept(SessionCommand.TakeBack command, Result<IReadOnlyList<string>> files)
    {
        if (IsInTheWay())
        {
            End(SessionErrors.Busy());
            return;
        }

        slot.RestoreFiles(command.FromSeq, kept => loop.PostAsync(() => StopAgent(Both(files, kept))));
    }

    private void StopAgent(Result<RestoredFiles> files)
    {
        if (IsInTheWay())
        {
            End(SessionErrors.Busy());
            return;
        }

        agent.Stop(StopReason, () => Rewind(files));
    }

    // Either may know nothing of that turn; then the other's word counts.
    private static Result<RestoredFiles> Both(Result<IReadOnlyList<string>> byClaude, Result<RestoredFiles> kept) => (byClaude.IsSuccess, kept.IsSuccess) switch
    {
        (true, true) => kept.Value with { Restored = [.. byClaude.Value.Union(kept.Value.Restored, StringComparer.Ordinal)] },
        (false, true) => kept,

        // Something was kept, and could not be put back: then it is not as it was.
        (true, false) when kept.Error!.Code != WorkspaceErrors.CheckpointNotFound().Code && kept.Error.Code != WorkspaceErrors.NoCheckpoints().Code => kept,

        // Nothing was: then Claude's word is all there is.
        (true, false) => new RestoredFiles(byClaude.Value, []),
        _ => byClaude.Error!,
    };

    private void Rewind(Result<RestoredFiles> files)
    {
        if (!session.IsLive)
        {
            End(SessionErrors.Terminated());
            return;
        }

        var command = _command!;
        session.Record(
            files.IsSuccess
                ? new ConversationRewound(command.TurnId, command.FromSeq, FilesRestored: true, [.. files.Value.Restored.Take(MaxNamedFiles)], WhatWasLeft(files.Value.Left))
                : new ConversationRewound(command.TurnId, command.FromSeq, FilesRestored: false, null, files.Error.Message),
            time.GetUtcNow());
        End(new SessionReply.Done(session.State.Status, session.LastSeq));

        if (!agent.IsPutToSleep)
        {
            // Warm again for what comes next, and on with what came meanwhile.
            agent.Start();
        }
    }

    private static string? WhatWasLeft(IReadOnlyList<string> left)
    {
        if (left.Count == 0)
        {
            return null;
        }

        var more = left.Count > MaxNamedLeft ? " and more" : "";
        return $"{left.Count} could not be put back, since there is no room or something is in the way: {string.Join(", ", left.Take(MaxNamedLeft))}{more}.";
    }

    // A message came while the process was being started, or after it crashed.
    private bool IsInTheWay() => session.State.CurrentTurn?.MessageId is not null;

    private void End(Result<SessionReply> reply)
    {
        var answer = _answer!;
        _answer = null;
        _command = null;
        answer(reply);
    }
}
