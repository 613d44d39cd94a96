namespace Claudy.Domain.Users;

/// <summary>Names a user; a UUID of Claudy's own, never the identity provider's id.</summary>
public readonly record struct UserId(Guid Value)
{
    /// <summary>A new id, ordered by time.</summary>
    public static UserId New(DateTimeOffset now) => new(Guid.CreateVersion7(now));

    /// <summary>The 36-character form.</summary>
    public override string ToString() => Value.ToString("D");
}

/// <summary>A person who can sign in.</summary>
/// <param name="Id">Claudy's own id.</param>
/// <param name="Username">The login name, unique; up to 64 characters.</param>
/// <param name="CreatedAt">When the user first signed in.</param>
public sealed record User(UserId Id, string Username, DateTimeOffset CreatedAt)
{
    /// <summary>The only user of local mode.</summary>
    public const string LocalUsername = "local";
}
