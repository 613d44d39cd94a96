namespace Claudy.Domain.Shared;

/// <summary>Why a use case did not do what was asked: an expected failure, as data.</summary>
/// <param name="Status">Which kind of failure it is; decides the HTTP status.</param>
/// <param name="Code">The stable code a client programs against, such as <c>FILE_001</c>; listed in docs/protocol.md.</param>
/// <param name="Reason">The same in lower snake case, such as <c>file_too_large</c>.</param>
/// <param name="Message">A sentence for the person at the other end; names the thing and the limit, holds no secret.</param>
public sealed record Error(ResultStatus Status, string Code, string Reason, string Message)
{
    /// <summary>Whether the same request can succeed later without being changed.</summary>
    public bool Retryable { get; init; }

    /// <summary>Machine-readable particulars, such as the limit that was exceeded. Values are strings, numbers or booleans.</summary>
    public IReadOnlyDictionary<string, object> Details { get; init; } = EmptyDetails;

    private static readonly Dictionary<string, object> EmptyDetails = [];

    /// <summary>The same error with one more detail.</summary>
    public Error With(string name, object value) =>
        this with { Details = new Dictionary<string, object>(Details, StringComparer.Ordinal) { [name] = value } };
}

/// <summary>The outcome of a use case, in the vocabulary of Ardalis.Result.</summary>
public enum ResultStatus
{
    /// <summary>It worked.</summary>
    Ok,

    /// <summary>The request is malformed or breaks a rule.</summary>
    Invalid,

    /// <summary>Who is asking is not known.</summary>
    Unauthorized,

    /// <summary>Who is asking may not do this.</summary>
    Forbidden,

    /// <summary>There is no such thing, or it belongs to someone else.</summary>
    NotFound,

    /// <summary>The thing is in a state that does not allow this.</summary>
    Conflict,

    /// <summary>A limit was reached; waiting or freeing something helps.</summary>
    LimitExceeded,

    /// <summary>Something this needs is away for now.</summary>
    Unavailable,

    /// <summary>The server is at fault.</summary>
    Error,
}
