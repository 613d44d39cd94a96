using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Web;
using Claudy.Application.Authentication.GitHub;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Microsoft.AspNetCore.Authentication.OAuth;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.GitHub;

/// <summary>
/// Speaks to GitHub as its documentation says: the web application flow of OAuth apps, and three addresses of the REST API.
/// </summary>
internal sealed partial class GitHubClient(GitHubConnection connection, IOptions<GitHubOptions> options, ILogger<GitHubClient> logger) : IGitHub
{
    private const int MaxText = 320;
    private const int MaxAddress = 2048;

    private readonly GitHubOptions _options = options.Value;

    public Uri AuthorizeUrl(GitHubAuthorization request) => new(QueryHelpers.AddQueryString(
        new Uri(_options.Base, "login/oauth/authorize").AbsoluteUri,
        new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["client_id"] = _options.ClientId,
            ["redirect_uri"] = request.RedirectUri.AbsoluteUri,
            ["scope"] = request.WithOrganizations ? "user:email read:org" : "user:email",
            ["state"] = request.State,
            [OAuthConstants.CodeChallengeKey] = request.Challenge,
            [OAuthConstants.CodeChallengeMethodKey] = OAuthConstants.CodeChallengeMethodS256,
        }));

    public async Task<Result<Secret>> ExchangeAsync(string code, Secret verifier, Uri redirectUri, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_options.Base, "login/oauth/access_token"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Content = new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["client_id"] = _options.ClientId,
            ["client_secret"] = _options.ClientSecret,
            ["code"] = code,
            ["redirect_uri"] = redirectUri.AbsoluteUri,
            [OAuthConstants.CodeVerifierKey] = verifier.Reveal(),
        });
        var asked = await connection.PostAsync(request, cancellationToken);
        if (!asked.IsSuccess)
        {
            return asked.Error;
        }

        return ReadToken(asked.Value) switch
        {
            { AccessToken: { Length: > 0 } token } => new Secret(token),
            { Error: { Length: > 0 } error } => ErrorOf(error),
            _ when asked.Value.Status != HttpStatusCode.OK => ErrorOf($"status {(int)asked.Value.Status}"),
            _ => Unreadable("login/oauth/access_token"),
        };
    }

    public async Task<Result<GitHubAccount>> GetAccountAsync(Secret token, CancellationToken cancellationToken)
    {
        var answer = await connection.GetAsync("user", token, cancellationToken);
        if (!answer.IsSuccess)
        {
            return answer.Error;
        }

        if (Read(answer.Value, GitHubJson.Default.AccountAnswer) is not { Id: > 0, Login: { Length: > 0 } login } account)
        {
            return Unreadable("user");
        }

        var email = await GetEmailAsync(token, cancellationToken);
        return email.IsSuccess
            ? new GitHubAccount(
                new ExternalIdentity(_options.Issuer, account.Id.ToString(CultureInfo.InvariantCulture)),
                login,
                new UserProfile(Text(account.Name), Text(email.Value), Address(account.AvatarUrl)))
            : email.Error;
    }

    public async Task<Result<GitHubMembership>> GetMembershipAsync(Secret token, string organization, CancellationToken cancellationToken)
    {
        var answer = await connection.GetAsync($"user/memberships/orgs/{Uri.EscapeDataString(organization)}", token, cancellationToken);
        if (!answer.IsSuccess)
        {
            return answer.Error;
        }

        return answer.Value.Status switch
        {
            HttpStatusCode.OK => Read(answer.Value, GitHubJson.Default.MembershipAnswer) is { State: "active" } ? GitHubMembership.Active : GitHubMembership.None,
            HttpStatusCode.Forbidden => GitHubMembership.Withheld,
            HttpStatusCode.NotFound => GitHubMembership.None,
            _ => Unreadable("user/memberships/orgs"),
        };
    }

    // 403 or 404: the person took this scope away at GitHub, which makes the profile poorer and nothing else.
    private async Task<Result<string?>> GetEmailAsync(Secret token, CancellationToken cancellationToken)
    {
        var answer = await connection.GetAsync("user/emails?per_page=100", token, cancellationToken);
        if (!answer.IsSuccess)
        {
            return answer.Error;
        }

        if (answer.Value.Status is HttpStatusCode.Forbidden or HttpStatusCode.NotFound)
        {
            return Result.Success<string?>(null);
        }

        return Read(answer.Value, GitHubJson.Default.EmailAnswerArray) is { } emails
            ? Result.Success(emails.FirstOrDefault(email => email is { Primary: true, Verified: true })?.Email)
            : Unreadable("user/emails");
    }

    // GitHub answers in the form that it is asked for; what stands between may not.
    private static TokenAnswer? ReadToken(GitHubAnswer answer)
    {
        if (answer.MediaType != "application/x-www-form-urlencoded")
        {
            return Read(answer, GitHubJson.Default.TokenAnswer);
        }

        var form = HttpUtility.ParseQueryString(answer.Body);
        return new TokenAnswer { AccessToken = form["access_token"], Error = form["error"] };
    }

    private static T? Read<T>(GitHubAnswer answer, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(answer.Body, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(string? text) => string.IsNullOrWhiteSpace(text) || text.Length > MaxText ? null : text.Trim();

    private static string? Address(string? url) =>
        url is { Length: <= MaxAddress } && Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri is { Scheme: "https" or "http" } ? uri.AbsoluteUri : null;

    // https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors
    private Error ErrorOf(string error)
    {
        switch (error)
        {
            case "bad_verification_code":
                return GitHubErrors.CodeInvalid();
            case "unverified_user_email":
                return GitHubErrors.EmailUnverified();
            default:
                LogRefused(error.Length > MaxText ? error[..MaxText] : error);
                return GitHubErrors.Misconfigured();
        }
    }

    private Error Unreadable(string what)
    {
        LogUnreadable(what);
        return GitHubErrors.Unavailable();
    }

    [LoggerMessage(2410, LogLevel.Error, "GitHub does not take this server's credentials: {Error}. Compare the application's registration there with Claudy:GitHub")]
    private partial void LogRefused(string error);

    [LoggerMessage(2411, LogLevel.Warning, "GitHub's answer to {What} cannot be understood")]
    private partial void LogUnreadable(string what);
}
