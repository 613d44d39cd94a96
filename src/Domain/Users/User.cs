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
/// <param name="Username">The login name, unique; up to 64 characters. Someone else can have it tomorrow: key nothing by it.</param>
/// <param name="CreatedAt">When the user first signed in.</param>
public sealed record User(UserId Id, string Username, DateTimeOffset CreatedAt)
{
    /// <summary>The only user of local mode.</summary>
    public const string LocalUsername = "local";

    /// <summary>What the user may do, as of their last sign-in.</summary>
    public UserRole Role { get; init; }

    /// <summary>The account elsewhere that the user signs in with; null for the local user.</summary>
    public ExternalIdentity? Identity { get; init; }

    /// <summary>When the account was last seen to be in an organisation that lets it in; null when something else let it in.</summary>
    public DateTimeOffset? MemberSeenAt { get; init; }

    /// <summary>What is told of the user.</summary>
    public UserProfile Profile { get; init; } = UserProfile.Empty;

    /// <summary>The role of a user without an account elsewhere: whoever sees the server's console looks after it.</summary>
    public static UserRole RoleOf(string username) => username == LocalUsername ? UserRole.Admin : UserRole.User;

    /// <summary>The name here of an account elsewhere: its login, unless that is the local user's name.</summary>
    public static string NameFor(string login, string provider) =>
        string.Equals(login, LocalUsername, StringComparison.OrdinalIgnoreCase) ? $"{login}@{provider}" : login;

    /// <summary>The name that is left for the user once someone else has come to bear it.</summary>
    public string FormerName() => $"{Username.Split('@')[0]}@{Id.Value.ToString("N")[^12..]}";
}
