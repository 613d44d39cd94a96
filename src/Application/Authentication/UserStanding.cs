using Claudy.Application.Authentication.GitHub;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Authentication;

/// <summary>
/// Whether somebody who signed in before may go on, and as what: by the settings of now, without asking GitHub. What a token was
/// given for yesterday must not outlive the operator's change of mind.
/// </summary>
public sealed class UserStanding(IOptions<AdmissionOptions> options, SignInMethods methods, TimeProvider time)
{
    private readonly AdmissionOptions _options = options.Value;

    /// <summary>What somebody is whose sign-in is to be refreshed.</summary>
    /// <returns>The role of now; <c>AUTH_009</c> for one who may not use the server, <c>AUTH_007</c> when GitHub is to be asked anew.</returns>
    public Result<UserRole> OfSignIn(User user) => Of(user, _options.MembershipHolds);

    /// <summary>What somebody is whose personal access token is used.</summary>
    /// <returns>As <see cref="OfSignIn"/>.</returns>
    public Result<UserRole> OfToken(User user) => Of(user, _options.MembershipHoldsForTokens);

    private Result<UserRole> Of(User user, TimeSpan membershipHolds)
    {
        ArgumentNullException.ThrowIfNull(user);
        if (user.Identity is not { } identity)
        {
            return methods.Local ? user.Role : GitHubErrors.NotAllowed(user.Username);
        }

        if (identity.Issuer != methods.Issuer)
        {
            return GitHubErrors.NotAllowed(user.Username);
        }

        if (IsIn(_options.Admins, identity, user))
        {
            return UserRole.Admin;
        }

        if (_options.AllowAnyone || IsIn(_options.AllowedLogins, identity, user))
        {
            return UserRole.User;
        }

        if (_options.AllowedOrganizations.Length == 0 || user.MemberSeenAt is not { } seenAt)
        {
            return GitHubErrors.NotAllowed(user.Username);
        }

        // Whether it lasts, GitHub alone knows.
        return time.GetUtcNow() - seenAt < membershipHolds ? UserRole.User : GitHubErrors.MembershipUnsure();
    }

    private static bool IsIn(string[] entries, ExternalIdentity identity, User user) =>
        AdmissionOptions.HasNumber(entries, identity)
        || entries.Any(login => string.Equals(User.NameFor(login, AdmissionOptions.ProviderName), user.Username, StringComparison.OrdinalIgnoreCase));
}
