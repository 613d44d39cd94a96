using Claudy.Domain.Sessions;
using Claudy.Domain.Users;

namespace Claudy.Application.Audit;

/// <summary>How an act ended.</summary>
public enum AuditOutcome
{
    /// <summary>It was done.</summary>
    Done,

    /// <summary>It was refused, and nothing was done.</summary>
    Refused,

    /// <summary>It ended in a fault or was given up; how much of it was done is not known.</summary>
    Failed,
}

/// <summary>An act as it is to be recorded. Number, node and hash are the log's own.</summary>
/// <param name="Action">What kind of act.</param>
/// <param name="Outcome">How it ended.</param>
public sealed record AuditEntry(string Action, AuditOutcome Outcome)
{
    /// <summary>The code of the error, where there was one.</summary>
    public string? Code { get; init; }

    /// <summary>Who; null when nobody was signed in.</summary>
    public UserId? UserId { get; init; }

    /// <summary>Their login name.</summary>
    public string? Username { get; init; }

    /// <summary>By what they acted, one of <see cref="AuditCredential"/>.</summary>
    public string? Credential { get; init; }

    /// <summary>From which IP address; null for acts on the machine itself.</summary>
    public string? Address { get; init; }

    /// <summary>The connection or request, as logs name it.</summary>
    public string? Correlation { get; init; }

    /// <summary>Which session it is about.</summary>
    public SessionId? Session { get; init; }

    /// <summary>What else it is about, such as a path.</summary>
    public string? Target { get; init; }

    /// <summary>Particulars by name.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Details { get; init; } = [];
}

/// <summary>By what somebody acts.</summary>
public static class AuditCredential
{
    /// <summary>An access token.</summary>
    public const string AccessToken = "access_token";

    /// <summary>A personal access token.</summary>
    public const string PersonalToken = "personal_token";

    /// <summary>A one-time sign-in code.</summary>
    public const string SignInCode = "sign_in_code";

    /// <summary>The right to read the data folder: a command on the machine itself.</summary>
    public const string Console = "console";

    /// <summary>None: the server does it by its own rules.</summary>
    public const string Server = "server";
}
