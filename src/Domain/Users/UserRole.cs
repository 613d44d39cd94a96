namespace Claudy.Domain.Users;

/// <summary>What a user may do beyond using their own sessions.</summary>
public enum UserRole
{
    /// <summary>Uses what is theirs.</summary>
    User,

    /// <summary>Looks after the server, too.</summary>
    Admin,
}

/// <summary>The names of roles: in tokens, in answers and in stores.</summary>
public static class UserRoleNames
{
    private const string Admin = "admin";
    private const string User = "user";

    /// <summary><c>user</c> or <c>admin</c>.</summary>
    public static string ToName(this UserRole role) => role == UserRole.Admin ? Admin : User;

    /// <summary>The role of that name; what is unknown or missing is a user.</summary>
    public static UserRole ToRole(string? name) => name == Admin ? UserRole.Admin : UserRole.User;
}
