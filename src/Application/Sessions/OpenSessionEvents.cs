using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Gives what reads a session's events in order: what a client that comes back has missed.</summary>
/// <param name="UserId">Who asks; that the session is theirs is checked once, not for every page.</param>
/// <param name="SessionId">Which session.</param>
public sealed record OpenSessionEvents(UserId UserId, SessionId SessionId) : ISessionRequest<Result<SessionEvents>>;

/// <summary>The events of a session that its reader may see.</summary>
public sealed class SessionEvents(ISessionEventLog log, SessionId session)
{
    // An event can be of megabytes, and a page is in memory as a whole.
    private const int PageBytes = 256 * 1024;

    /// <summary>The next events after a place, in order; none when there are none.</summary>
    /// <param name="afterSeq">0 or more.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    public Task<IReadOnlyList<StoredEventJson>> ReadAfterAsync(long afterSeq, CancellationToken cancellationToken) =>
        log.ReadPageAsync(session, afterSeq, PageBytes, cancellationToken);
}

internal sealed class OpenSessionEventsHandler(ISessionEventLog log) : IRequestHandler<OpenSessionEvents, Result<SessionEvents>>
{
    public Task<Result<SessionEvents>> Handle(OpenSessionEvents request, CancellationToken cancellationToken) =>
        Task.FromResult(Result.Success(new SessionEvents(log, request.SessionId)));
}
