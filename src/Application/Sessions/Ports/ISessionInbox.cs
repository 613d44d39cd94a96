using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.Application.Sessions.Ports;

/// <summary>Brings a command to the node that runs the session, and its answer back.</summary>
public interface ISessionInbox
{
    /// <summary>Delivers a command; when no node runs the session, one takes it up.</summary>
    /// <returns>What the session answered, or <c>SESSION_014</c> when it could not be reached.</returns>
    Task<Result<SessionReply>> SendAsync(SessionId session, SessionCommand command, CancellationToken cancellationToken);

    /// <summary>Says who handles commands on this node; called once, at start.</summary>
    void Listen(SessionCommandHandler handler);
}

/// <summary>Handles a command for a session that this node runs or takes up.</summary>
public delegate Task<Result<SessionReply>> SessionCommandHandler(SessionId session, SessionCommand command, CancellationToken cancellationToken);
