namespace Claudy.Domain.Users;

/// <summary>What is told of a user, as their account had it when they last signed in.</summary>
/// <param name="DisplayName">The name that they go by; null when they give none.</param>
/// <param name="Email">The primary address, verified; null when there is none.</param>
/// <param name="AvatarUrl">Where their picture is; null when there is none.</param>
public sealed record UserProfile(string? DisplayName, string? Email, string? AvatarUrl)
{
    /// <summary>Nothing is known.</summary>
    public static readonly UserProfile Empty = new(null, null, null);
}
