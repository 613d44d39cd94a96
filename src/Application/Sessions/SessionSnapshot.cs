using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;

namespace Claudy.Application.Sessions;

/// <summary>Maps the aggregate to its stored document and back.</summary>
internal static class SessionSnapshot
{
    public static SessionDocument Of(Session session) =>
        new(session.Id, session.Owner, session.CreatedAt, session.LastActivityAt, session.LastSeq, session.State);

    public static Session Restore(SessionDocument document) =>
        Session.Restore(document.Id, document.Owner, document.CreatedAt, document.State, document.LastSeq, document.LastActivityAt);
}
