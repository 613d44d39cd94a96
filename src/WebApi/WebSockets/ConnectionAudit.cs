using Claudy.Application.Audit;
using Claudy.Application.Audit.Ports;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.WebApi.Http;

namespace Claudy.WebApi.WebSockets;

/// <summary>What of a connection is recorded besides its use cases: who it is, tokens that are not taken, limits.</summary>
internal sealed class ConnectionAudit(IAuditLog log, AuditOrigin origin)
{
    private readonly HashSet<string> _noted = new(StringComparer.Ordinal);

    /// <summary>Where its requests come from.</summary>
    public AuditOrigin Origin => origin;

    /// <summary>A token was taken.</summary>
    public void SignedIn(Identity identity)
    {
        origin.SignIn(identity);
        log.Post(origin.Entry(new AuditAct(AuditActions.Connected), identity.UserId, null));
    }

    /// <summary>A token was not taken, or is one too many.</summary>
    public void Refused(UserId? user, Error error) =>
        log.Post(origin.Entry(new AuditAct(error.Status == ResultStatus.LimitExceeded ? AuditActions.LimitExceeded : AuditActions.TokenRefused), user, error));

    /// <summary>A frame was one too many or too large; each of these is recorded once for the connection.</summary>
    public void Limited(UserId? user, Error error)
    {
        if (error.Status == ResultStatus.LimitExceeded && _noted.Add(error.Code))
        {
            log.Post(origin.Entry(new AuditAct(AuditActions.LimitExceeded), user, error));
        }
    }
}
