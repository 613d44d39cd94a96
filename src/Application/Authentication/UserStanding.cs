using Claudy.Application.Authentication.GitHub;
using Claudy.Domain.Users;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Authentication;

/// <summary>
/// Whether somebody who signed in before may go on, and as what: by the lists of now, without asking GitHub. What a token was
/// given for yesterday must not outlive the operator's change of mind.
/// </summary>
public sealed class UserStanding(IOptions<AdmissionOptions> options)
{
    private readonly AdmissionOptions _options = options.Value;

    /// <summary>How long a sign-in holds that nothing but the membership of an organisation speaks for.</summary>
    public TimeSpan MembershipHolds => _options.MembershipHolds;

    /// <summary>How a user stands; null for one who may not use the server any more.</summary>
    public Standing? Of(User user)
    {
        ArgumentNullException.ThrowIfNull(user);
        if (user.Identity is not { } identity)
        {
            return new Standing(user.Role, IsByMembership: false);
        }

        if (IsIn(_options.Admins, identity, user))
        {
            return new Standing(UserRole.Admin, IsByMembership: false);
        }

        if (_options.AllowAnyone || IsIn(_options.AllowedLogins, identity, user))
        {
            return new Standing(UserRole.User, IsByMembership: false);
        }

        return _options.AllowedOrganizations.Length > 0 ? new Standing(UserRole.User, IsByMembership: true) : null;
    }

    private static bool IsIn(string[] entries, ExternalIdentity identity, User user) =>
        AdmissionOptions.HasNumber(entries, identity)
        || entries.Any(login => string.Equals(User.NameFor(login, AdmissionOptions.ProviderName), user.Username, StringComparison.OrdinalIgnoreCase));
}

/// <summary>That a user may use the server.</summary>
/// <param name="Role">As what.</param>
/// <param name="IsByMembership">Whether that rests on a membership, of which only GitHub knows whether it lasts.</param>
public sealed record Standing(UserRole Role, bool IsByMembership);
