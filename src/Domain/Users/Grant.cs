namespace Claudy.Domain.Users;

/// <summary>Names a sign-in: all access and refresh tokens that came of it carry this id, and end with it.</summary>
public readonly record struct SignInId(Guid Value)
{
    /// <summary>A new id, ordered by time.</summary>
    public static SignInId New(DateTimeOffset now) => new(Guid.CreateVersion7(now));

    /// <summary>The 36-character form.</summary>
    public override string ToString() => Value.ToString("D");
}

/// <summary>Names a personal access token; no secret.</summary>
public readonly record struct PersonalTokenId(Guid Value)
{
    /// <summary>A new id, ordered by time.</summary>
    public static PersonalTokenId New(DateTimeOffset now) => new(Guid.CreateVersion7(now));

    /// <summary>The 36-character form.</summary>
    public override string ToString() => Value.ToString("D");
}

/// <summary>What lets somebody in, until it is revoked.</summary>
public abstract record Grant
{
    private Grant()
    {
    }

    /// <summary>A sign-in, in person.</summary>
    public sealed record SignIn(SignInId Id) : Grant;

    /// <summary>A personal access token, for scripts.</summary>
    public sealed record PersonalToken(PersonalTokenId Id) : Grant;
}
