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
            return new Admission(UserRole.Admin, ByLogin: false);
        }

        if (IsLoginIn(_options.Admins, account))
        {
            return new Admission(UserRole.Admin, ByLogin: true);
        }

        if (_options.AllowAnyone || AdmissionOptions.HasNumber(_options.AllowedLogins, account.Identity))
        {
            return new Admission(UserRole.User, ByLogin: false);
        }

        return IsLoginIn(_options.AllowedLogins, account)
            ? new Admission(UserRole.User, ByLogin: true)
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
                return new Admission(UserRole.User, ByLogin: false);
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
/// <param name="ByLogin">Whether nothing but its login speaks for it.</param>
internal sealed record Admission(UserRole Role, bool ByLogin);
