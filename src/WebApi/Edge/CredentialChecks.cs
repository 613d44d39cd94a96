using Claudy.Application.Authentication;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Shared;
using Microsoft.Extensions.Options;

namespace Claudy.WebApi.Edge;

/// <summary>What somebody proves who they are with; failures at each are counted apart.</summary>
internal enum CredentialKind
{
    /// <summary>A signed access token.</summary>
    AccessToken,

    /// <summary>A one-time code of local sign-in.</summary>
    SignInCode,

    /// <summary>A refresh token.</summary>
    RefreshToken,

    /// <summary>What GitHub gave for a sign-in, and the state that it belongs to.</summary>
    GitHubCode,
}

/// <summary>
/// Every credential that comes from outside is checked here. Failures count by address, so that nobody can lock out
/// somebody at another one.
/// </summary>
internal sealed partial class CredentialChecks(
    IFailedAttempts attempts, Authenticator authenticator, IOptions<LimitOptions> options, ILogger<CredentialChecks> logger)
{
    /// <summary>Checks an access token, or a personal one.</summary>
    /// <returns>Whose it is; <c>RATE_004</c> instead of <c>AUTH_003</c> after too many that were none.</returns>
    /// <remarks>
    /// A signature cannot be guessed, so it is looked at however many failed before: a token that holds is let in, and
    /// signed-in users are not cut off by what others at their address do.
    /// </remarks>
    public async Task<Result<Identity>> CheckTokenAsync(ClientAddress from, string token, CancellationToken cancellationToken)
    {
        var identity = await authenticator.AuthenticateAsync(token, cancellationToken);

        // One that ran out was signed by this server.
        return identity.Error is { } error && error.Code == AuthErrors.TokenInvalid().Code
            ? await FailAsync(from, CredentialKind.AccessToken, error)
            : identity;
    }

    /// <summary>Checks another credential that is too long to be guessed: one that holds is taken, however many failed before.</summary>
    /// <param name="from">Who tries.</param>
    /// <param name="kind">What they try.</param>
    /// <param name="check">Checks it; only <see cref="ResultStatus.Unauthorized"/> counts as a failed attempt.</param>
    /// <returns>What the check gave; <c>RATE_004</c> in place of a failure after too many.</returns>
    public async Task<Result<T>> CheckUnguessableAsync<T>(ClientAddress from, CredentialKind kind, Func<Task<Result<T>>> check)
    {
        var result = await check();
        return result.Error is { Status: ResultStatus.Unauthorized } error ? await FailAsync(from, kind, error) : result;
    }

    /// <summary>Checks a credential that could be guessed: not at all while the address must wait.</summary>
    /// <param name="from">Who tries.</param>
    /// <param name="kind">What they try.</param>
    /// <param name="check">Checks it; only <see cref="ResultStatus.Unauthorized"/> counts as a failed attempt.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What the check gave, or <c>RATE_004</c>.</returns>
    public async Task<Result<T>> CheckAsync<T>(ClientAddress from, CredentialKind kind, Func<Task<Result<T>>> check, CancellationToken cancellationToken)
    {
        var key = KeyOf(from, kind);
        var wait = await attempts.BeginAsync(key, options.Value.OfAttempts(), cancellationToken);
        if (wait > TimeSpan.Zero)
        {
            return EdgeErrors.TooManyAttempts(wait);
        }

        var result = await check();
        if (result.Error is { Status: ResultStatus.Unauthorized })
        {
            // The one that fails is told so; those after it that they have to wait.
            await CountAsync(from, kind);
        }
        else
        {
            await attempts.SucceedAsync(key, CancellationToken.None);
        }

        return result;
    }

    private async Task<Error> FailAsync(ClientAddress from, CredentialKind kind, Error error)
    {
        var failed = await CountAsync(from, kind);
        return failed is { IsNew: false, Wait: var wait } && wait > TimeSpan.Zero ? EdgeErrors.TooManyAttempts(wait) : error;
    }

    // Counted whether or not the client waits for the answer.
    private async Task<FailedAttempt> CountAsync(ClientAddress from, CredentialKind kind)
    {
        var failed = await attempts.FailAsync(KeyOf(from, kind), options.Value.OfAttempts(), CancellationToken.None);
        if (failed.IsNew)
        {
            LogWait(from, failed.Failures, kind, failed.Wait);
        }

        return failed;
    }

    private static string KeyOf(ClientAddress from, CredentialKind kind) => $"{kind}:{from.Key}";

    [LoggerMessage(440, LogLevel.Warning, "Address {Address} failed {Failures} times with a {Kind} and is not heard for {Wait}")]
    private partial void LogWait(ClientAddress address, int failures, CredentialKind kind, TimeSpan wait);
}
