using Claudy.Application.Audit;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;
using Microsoft.Extensions.Logging;

namespace Claudy.Application.Sessions;

/// <summary>Ends a session and removes all that is kept of it: history, workspace, Claude's home, key. There is no way back.</summary>
/// <remarks>Success means that nobody sees it any more and that what is left will be removed, even when the server dies now.</remarks>
public sealed record DeleteSession(UserId UserId, SessionId SessionId) : ISessionRequest<Result>, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new("session.deleted") { IsCritical = true };
}

internal sealed class DeleteSessionHandler(SessionDeletion deletion) : IRequestHandler<DeleteSession, Result>
{
    public async Task<Result> Handle(DeleteSession request, CancellationToken cancellationToken)
    {
        await deletion.DeleteAsync(request.SessionId);
        return Result.Success();
    }
}

/// <summary>Marks a session, so that it is gone for everyone, and then has its remains removed where it runs.</summary>
internal sealed partial class SessionDeletion(ISessionStore store, ISessionInbox inbox, ILogger<SessionDeletion> logger)
{
    /// <summary>Deletes a session; once it is marked, the rest is seen to, whoever gives up waiting.</summary>
    /// <exception cref="StoreUnavailableException">It could not be marked; nothing happened.</exception>
    public async Task DeleteAsync(SessionId session)
    {
        await store.MarkDeletingAsync(session, CancellationToken.None);
        await FinishAsync(session);
    }

    /// <summary>Removes what is left of a marked session, or leaves it to the next try.</summary>
    public async Task FinishAsync(SessionId session)
    {
        try
        {
            var removed = await inbox.SendAsync(session, new SessionCommand.Delete(), CancellationToken.None);
            if (removed.IsSuccess)
            {
                LogDeleted(session);
            }
            else
            {
                LogPutOff(session, removed.Error.Reason);
            }
        }
        catch (Exception exception)
        {
            // A file system or store that fails now may not later, and the user's wish is recorded.
            LogFailed(exception, session);
        }
    }

    [LoggerMessage(290, LogLevel.Information, "Session {SessionId} was deleted")]
    private partial void LogDeleted(SessionId sessionId);

    [LoggerMessage(291, LogLevel.Information, "Session {SessionId} is marked as deleted; its remains are removed later: {Reason}")]
    private partial void LogPutOff(SessionId sessionId, string reason);

    [LoggerMessage(292, LogLevel.Error, "Session {SessionId} is marked as deleted, but its remains could not be removed; the next sweep tries again")]
    private partial void LogFailed(Exception exception, SessionId sessionId);
}
