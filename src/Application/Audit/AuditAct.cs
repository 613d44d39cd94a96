using Claudy.Domain.Sessions;
using Claudy.Domain.Users;

namespace Claudy.Application.Audit;

/// <summary>What a request does, in the audit log's words: names and numbers, no contents and no secrets.</summary>
/// <param name="Action">What kind of act, such as <c>session.created</c>; up to 64 characters.</param>
public sealed record AuditAct(string Action)
{
    /// <summary>
    /// Whether it is only answered once its record is on disk, and refused while none can be written: acts that give access, widen
    /// what is allowed or cannot be undone. Others go on, and their records are written as soon as that works.
    /// </summary>
    public bool IsCritical { get; init; }

    /// <summary>What it is done to, other than the session: a path, a user; null for the session itself.</summary>
    public string? Target { get; init; }

    /// <summary>The session it is about, where the request does not name it.</summary>
    public SessionId? Session { get; init; }

    /// <summary>Who does it, where the request does not name them: known only after a sign-in.</summary>
    public User? Actor { get; init; }

    /// <summary>Particulars by name.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Details { get; init; } = [];

    /// <summary>The same with one more particular; null adds none.</summary>
    public AuditAct With(string name, string? value) =>
        value is null ? this : this with { Details = [.. Details, new KeyValuePair<string, string>(name, value)] };
}

/// <summary>A request that is recorded in the audit log, whatever its outcome; but for one that no validator lets through.</summary>
public interface IAudited
{
    /// <summary>What it does.</summary>
    AuditAct Act { get; }
}

/// <summary>A request of which more is known once it is done.</summary>
/// <typeparam name="TResponse">What it answers.</typeparam>
public interface IAudited<in TResponse> : IAudited
{
    /// <summary>What it did.</summary>
    /// <param name="response">A success.</param>
    AuditAct ActOf(TResponse response);
}
