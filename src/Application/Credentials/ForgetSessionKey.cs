using Claudy.Application.Audit;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Credentials;

/// <summary>Forgets a session's own credential, in memory and in the store; from its next request on it uses its owner's or the server's.</summary>
public sealed record ForgetSessionKey(UserId UserId, SessionId SessionId) : ISessionRequest<Result>, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new("credential.forgotten");
}

internal sealed class ForgetSessionKeyHandler(UserCredentials credentials, ISessionInbox inbox) : IRequestHandler<ForgetSessionKey, Result>
{
    public async Task<Result> Handle(ForgetSessionKey request, CancellationToken cancellationToken)
    {
        await credentials.ForgetAsync(request.SessionId, CancellationToken.None);
        var dropped = await inbox.SendAsync(request.SessionId, new SessionCommand.DropOwnKey(), cancellationToken);

        // One that has ended uses none any more.
        return dropped.Error is null or { Status: ResultStatus.Conflict } ? Result.Success() : dropped.Error;
    }
}
