using Claudy.Application.Audit.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Users;

namespace Claudy.Application.Audit;

/// <summary>Records who named another user's session. Only the operator learns of it: the answer is that of a missing one.</summary>
internal sealed class ForeignAccess(IAuditLog log, AuditOrigin origin)
{
    public void Note(string useCase, UserId user, SessionId session) =>
        log.Post(origin.Entry(new AuditAct(AuditActions.ForeignSession) { Session = session, Target = useCase }, user, SessionErrors.NotFound()));
}
