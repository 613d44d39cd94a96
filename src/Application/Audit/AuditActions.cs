namespace Claudy.Application.Audit;

/// <summary>Acts that no request of their own stands for. Those that have one name themselves.</summary>
public static class AuditActions
{
    /// <summary>A limit was reached; code and target say which.</summary>
    public const string LimitExceeded = "limit.exceeded";

    /// <summary>Somebody named another user's session; they were told that there is none.</summary>
    public const string ForeignSession = "access.foreign_session";

    /// <summary>A connection signed in with a token.</summary>
    public const string Connected = "token.used";

    /// <summary>A token was not taken.</summary>
    public const string TokenRefused = "token.refused";

    /// <summary>A request of a page or for a host name that the server does not answer to.</summary>
    public const string EdgeRefused = "access.edge_refused";

    /// <summary>A tool call was decided: by a user's answer, a rule, the mode, or because nobody answered.</summary>
    public const string PermissionDecided = "permission.decided";

    /// <summary>A session's process wanted a host that it may not reach.</summary>
    public const string EgressRefused = "network.refused";

    /// <summary>A session was ended by the retention settings.</summary>
    public const string SessionTerminated = "session.terminated";

    /// <summary>A session was deleted by the retention settings.</summary>
    public const string SessionDeleted = "session.deleted";
}
