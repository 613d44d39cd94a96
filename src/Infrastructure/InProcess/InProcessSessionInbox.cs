using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.Infrastructure.InProcess;

/// <summary>The only node runs every session: a command goes straight to its handler.</summary>
internal sealed class InProcessSessionInbox : ISessionInbox
{
    private SessionCommandHandler? _handler;

    public Task<Result<SessionReply>> SendAsync(SessionId session, SessionCommand command, CancellationToken cancellationToken) =>
        Volatile.Read(ref _handler) is { } handler
            ? handler(session, command, cancellationToken)
            : Task.FromResult<Result<SessionReply>>(SessionErrors.Moved());

    public void Listen(SessionCommandHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        if (Interlocked.CompareExchange(ref _handler, handler, null) is not null)
        {
            throw new InvalidOperationException("Somebody listens already.");
        }
    }
}
