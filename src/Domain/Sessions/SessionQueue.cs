using Claudy.Domain.Shared;

namespace Claudy.Domain.Sessions;

/// <content>Messages that wait for their turn.</content>
public sealed partial class Session
{
    /// <summary>How many messages may wait.</summary>
    public const int QueueLimit = 100;

    /// <summary>How many bytes of text and images may wait.</summary>
    public const long QueueByteLimit = 32 * 1024 * 1024;

    /// <summary>Takes a message: its turn begins at once when the session is idle, else it waits.</summary>
    /// <param name="message">The message.</param>
    /// <param name="canStart">Whether its turn may begin; false while the process is being ended.</param>
    /// <param name="now">The time.</param>
    /// <returns>Its id and place: 0 when its turn began, else 1, 2, 3 … in the queue. The same for a message sent again.</returns>
    public Result<AcceptedAt> AcceptMessage(ChatMessage message, bool canStart, DateTimeOffset now)
    {
        if (!IsLive)
        {
            return SessionErrors.Terminated();
        }

        if (message.ClientId is { } clientId && Accepted(clientId, now) is { } accepted)
        {
            return accepted.Fingerprint == AcceptedMessage.FingerprintOf(message)
                ? new AcceptedAt(accepted.MessageId, PositionOf(accepted.MessageId), IsRepeat: true)
                : SessionErrors.MessageIdReused(clientId);
        }

        if (State.Queue.Count >= QueueLimit || State.Queue.Sum(m => m.Size) + message.Size > QueueByteLimit)
        {
            return SessionErrors.QueueFull(QueueLimit, QueueByteLimit);
        }

        if (canStart && State is { Status: SessionStatus.Idle, Queue.Count: 0, CurrentTurn: null, BudgetPause: null, QuotaPause: null })
        {
            StartTurn(message, now);
        }
        else
        {
            Record(new QueueChanged(QueueChange.Added, message.Id, message), now);
        }

        return new AcceptedAt(message.Id, PositionOf(message.Id), IsRepeat: false);
    }

    /// <summary>Takes a waiting message back.</summary>
    public Result CancelMessage(string messageId, DateTimeOffset now)
    {
        if (PositionOf(messageId) == 0)
        {
            return SessionErrors.MessageNotQueued(messageId);
        }

        Record(new QueueChanged(QueueChange.Cancelled, messageId, null), now);
        return Result.Success();
    }

    /// <summary>Changes the text of a waiting message; it keeps its place and its images.</summary>
    public Result EditMessage(string messageId, string text, DateTimeOffset now)
    {
        if (State.Queue.FirstOrDefault(m => m.Id == messageId) is not { } message)
        {
            return SessionErrors.MessageNotQueued(messageId);
        }

        var edited = message with { Text = text };
        if (State.Queue.Sum(m => m.Size) - message.Size + edited.Size > QueueByteLimit)
        {
            return SessionErrors.QueueFull(QueueLimit, QueueByteLimit);
        }

        if (edited != message)
        {
            Record(new QueueChanged(QueueChange.Edited, messageId, edited), now);
        }

        return Result.Success();
    }

    /// <summary>Puts a waiting message before all others.</summary>
    public Result PutFirst(string messageId, DateTimeOffset now)
    {
        var position = PositionOf(messageId);
        if (position == 0)
        {
            return SessionErrors.MessageNotQueued(messageId);
        }

        if (position > 1)
        {
            Record(new QueueChanged(QueueChange.Moved, messageId, null), now);
        }

        return Result.Success();
    }

    private AcceptedMessage? Accepted(string clientId, DateTimeOffset now) =>
        State.AcceptedMessages.FirstOrDefault(a => a.ClientId == clientId && now - a.At < SessionState.MessageIdLifetime);

    private int PositionOf(string messageId)
    {
        for (var i = 0; i < State.Queue.Count; i++)
        {
            if (State.Queue[i].Id == messageId)
            {
                return i + 1;
            }
        }

        return 0;
    }
}

/// <summary>Where an accepted message stands.</summary>
/// <param name="MessageId">Claudy's id for it.</param>
/// <param name="Position">0 when its turn began, else its place in the queue.</param>
/// <param name="IsRepeat">Whether it had been accepted before.</param>
public sealed record AcceptedAt(string MessageId, int Position, bool IsRepeat);
