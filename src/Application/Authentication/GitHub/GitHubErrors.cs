using Claudy.Domain.Shared;

namespace Claudy.Application.Authentication.GitHub;

/// <summary>How a sign-in with GitHub can fail.</summary>
public static class GitHubErrors
{
    /// <summary>The state was never given out to this browser or program, was used before or ran out; which of them is not told.</summary>
    public static Error StateInvalid() =>
        CodeInvalid("This sign-in was not begun here, was used already, or was begun more than ten minutes ago. Begin again.");

    /// <summary>GitHub does not take the code.</summary>
    public static Error CodeInvalid() => CodeInvalid("GitHub does not take this code: it is used up, ran out or is wrong. Begin again.");

    /// <summary>Nobody let this account in.</summary>
    public static Error NotAllowed(string login) =>
        NotAllowed(login, $"The GitHub account {login} may not use this server. Ask its operator to let you in.");

    /// <summary>An organisation would let this account in, but GitHub does not tell whether it is a member.</summary>
    public static Error MembershipWithheld(string login, string organization) => NotAllowed(
        login,
        $"GitHub does not tell this server whether {login} is a member of {organization}. Sign on to the organisation at GitHub, or ask its owners to approve this application, then begin again.");

    /// <summary>Nothing but a membership speaks for the user, and it was last looked at too long ago.</summary>
    public static Error MembershipUnsure() =>
        AuthErrors.RefreshTokenInvalid() with { Message = "It is a while since GitHub was asked whether you are a member of an organisation that may use this server. Sign in again." };

    /// <summary>The account bears a login that is let in but was another account's when it last signed in here.</summary>
    public static Error LoginReused(string login) => NotAllowed(
        login,
        $"The login {login} was another GitHub account's when it last signed in here. The operator of this server must say by the account's number which one is meant.");

    /// <summary>The person said no at GitHub, or took permission back.</summary>
    public static Error Denied() =>
        new(ResultStatus.Unauthorized, "AUTH_010", "github_denied", "GitHub did not give permission: it was denied or taken back. Begin again to be asked anew.");

    /// <summary>GitHub gives no tokens for accounts whose primary address is not verified.</summary>
    public static Error EmailUnverified() =>
        Denied() with { Message = "GitHub gave no permission: the account's primary e-mail address is not verified. Verify it at GitHub, then begin again." };

    /// <summary>GitHub cannot be asked just now.</summary>
    public static Error Unavailable() =>
        new(ResultStatus.Unavailable, "AUTH_011", "github_unavailable", "GitHub does not answer as it should just now. Begin again in a moment.");

    /// <summary>GitHub does not take this server for an application that it knows.</summary>
    public static Error Misconfigured() =>
        new(ResultStatus.Unavailable, "AUTH_012", "github_misconfigured", "GitHub does not accept how this server is registered there. Its operator finds the reason in the log.");

    private static Error CodeInvalid(string message) => AuthErrors.CodeInvalid() with { Message = message };

    private static Error NotAllowed(string login, string message) =>
        new Error(ResultStatus.Forbidden, "AUTH_009", "not_allowed", message).With("login", login);
}
