using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Authentication.GitHub;

/// <summary>Decides whether an account may sign in, as what, and by what right.</summary>
internal sealed class GitHubAdmission(IGitHub github, IOptions<AdmissionOptions> options)
{
    private readonly AdmissionOptions _options = options.Value;

    /// <summary>Asked at every sign-in: who left a list or an organisation is refused the next time.</summary>
    public async Task<Result<Admission>> AdmitAsync(GitHubAccount account, Secret token, CancellationToken cancellationToken)
    {
        // What holds by number first: it needs no trust in the login.
        if (AdmissionOptions.HasNumber(_options.Admins, account.Identity))
        {
            return new Admission(UserRole.Admin, AdmissionRight.Account);
        }

        if (IsLoginIn(_options.Admins, account))
        {
            return new Admission(UserRole.Admin, AdmissionRight.Login);
        }

        if (_options.AllowAnyone || AdmissionOptions.HasNumber(_options.AllowedLogins, account.Identity))
        {
            return new Admission(UserRole.User, AdmissionRight.Account);
        }

        return IsLoginIn(_options.AllowedLogins, account)
            ? new Admission(UserRole.User, AdmissionRight.Login)
            : await AdmitMemberAsync(account, token, cancellationToken);
    }

    private async Task<Result<Admission>> AdmitMemberAsync(GitHubAccount account, Secret token, CancellationToken cancellationToken)
    {
        Error refusal = GitHubErrors.NotAllowed(account.Login);
        foreach (var organization in _options.AllowedOrganizations)
        {
            var membership = await github.GetMembershipAsync(token, organization, cancellationToken);
            if (!membership.IsSuccess)
            {
                return membership.Error;
            }

            if (membership.Value == GitHubMembership.Active)
            {
                return new Admission(UserRole.User, AdmissionRight.Membership);
            }

            if (membership.Value == GitHubMembership.Withheld)
            {
                refusal = GitHubErrors.MembershipWithheld(account.Login, organization);
            }
        }

        return refusal;
    }

    private static bool IsLoginIn(string[] entries, GitHubAccount account) => entries.Contains(account.Login, StringComparer.OrdinalIgnoreCase);
}

/// <summary>That an account may sign in.</summary>
/// <param name="Role">As what.</param>
/// <param name="Right">What speaks for it.</param>
internal sealed record Admission(UserRole Role, AdmissionRight Right);

/// <summary>What lets an account in.</summary>
internal enum AdmissionRight
{
    /// <summary>It is named by its number, or everybody may.</summary>
    Account,

    /// <summary>It bears a login that is named.</summary>
    Login,

    /// <summary>It is in an organisation that is named.</summary>
    Membership,
}
