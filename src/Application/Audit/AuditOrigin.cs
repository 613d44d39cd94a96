using Claudy.Domain.Shared;
using Claudy.Domain.Users;

namespace Claudy.Application.Audit;

/// <summary>Where the requests of a scope come from; whoever makes the scope says so.</summary>
public sealed class AuditOrigin
{
    /// <summary>The client's IP address; null on the machine itself.</summary>
    public string? Address { get; set; }

    /// <summary>The login name of who is signed in.</summary>
    public string? Username { get; set; }

    /// <summary>By what they are, one of <see cref="AuditCredential"/>.</summary>
    public string? Credential { get; set; }

    /// <summary>The connection or request.</summary>
    public string? Correlation { get; set; }

    /// <summary>The entry for an act that was done, or refused.</summary>
    public AuditEntry Entry(AuditAct act, UserId? user, Error? error) => new(act.Action, OutcomeOf(error))
    {
        Code = error?.Code,
        UserId = user ?? act.Actor?.Id,
        Username = Username ?? act.Actor?.Username,
        Credential = Credential,
        Address = Address,
        Correlation = Correlation,
        Session = act.Session,
        Target = act.Target,
        Details = error?.Details.GetValueOrDefault("rule") is string rule ? act.With("rule", rule).Details : act.Details,
    };

    /// <summary>Takes over where another scope's requests came from.</summary>
    public void CopyFrom(AuditOrigin other)
    {
        ArgumentNullException.ThrowIfNull(other);
        (Address, Username, Credential, Correlation) = (other.Address, other.Username, other.Credential, other.Correlation);
    }

    private static AuditOutcome OutcomeOf(Error? error) => error switch
    {
        null => AuditOutcome.Done,
        { Status: ResultStatus.Unavailable or ResultStatus.Error } => AuditOutcome.Failed,
        _ => AuditOutcome.Refused,
    };
}
