using Claudy.Domain.Shared;
using Claudy.Domain.Users;

namespace Claudy.Application.Authentication.Ports;

/// <summary>GitHub, or a GitHub Enterprise host: where people say who they are.</summary>
/// <remarks>
/// Failures of all calls: <c>AUTH_001</c> for a code that does not hold, <c>AUTH_010</c> when permission was withdrawn,
/// <c>AUTH_011</c> when GitHub is away, slow or limits the rate, <c>AUTH_012</c> when it does not take this server's own credentials.
/// </remarks>
public interface IGitHub
{
    /// <summary>Where a person is sent to let this server see who they are.</summary>
    /// <param name="request">What is asked for.</param>
    Uri AuthorizeUrl(GitHubAuthorization request);

    /// <summary>Exchanges the code that GitHub gave for a token. Never repeated: a code holds once.</summary>
    /// <param name="code">The code.</param>
    /// <param name="verifier">What the challenge was made of (RFC 7636).</param>
    /// <param name="redirectUri">The address that the code was sent to.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<Result<Secret>> ExchangeAsync(string code, Secret verifier, Uri redirectUri, CancellationToken cancellationToken);

    /// <summary>Whose token it is.</summary>
    Task<Result<GitHubAccount>> GetAccountAsync(Secret token, CancellationToken cancellationToken);

    /// <summary>Whether the token's owner is a member of an organisation.</summary>
    Task<Result<GitHubMembership>> GetMembershipAsync(Secret token, string organization, CancellationToken cancellationToken);
}

/// <summary>What a person is asked for at GitHub.</summary>
/// <param name="State">Comes back with the code.</param>
/// <param name="Challenge">The SHA-256 hash of the verifier, base64url (RFC 7636, S256).</param>
/// <param name="RedirectUri">Where GitHub sends the person with the code.</param>
/// <param name="WithOrganizations">Whether membership in organisations is to be seen, too.</param>
public sealed record GitHubAuthorization(string State, string Challenge, Uri RedirectUri, bool WithOrganizations);

/// <summary>An account at GitHub.</summary>
/// <param name="Identity">Its host and its number, which never change.</param>
/// <param name="Login">Its name, which can be changed and then be taken by somebody else.</param>
/// <param name="Profile">What it tells of its owner.</param>
public sealed record GitHubAccount(ExternalIdentity Identity, string Login, UserProfile Profile);

/// <summary>What GitHub tells of a membership.</summary>
public enum GitHubMembership
{
    /// <summary>No member, or invited only.</summary>
    None,

    /// <summary>A member.</summary>
    Active,

    /// <summary>GitHub does not tell this server: the organisation has not approved it, or asks for single sign-on first.</summary>
    Withheld,
}
