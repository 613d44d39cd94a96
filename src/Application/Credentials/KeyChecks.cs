using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;

namespace Claudy.Application.Credentials;

/// <summary>Checks keys for users, each of whom may have so many checked: else a user could try stolen keys from this server's address.</summary>
internal sealed class KeyChecks(IClaudeKeyCheck check, IRateLimiter rates)
{
    private static readonly RateLimit OfUser = new(PerSecond: 0.2, Burst: 20);

    /// <summary>Asks the API whether it takes a credential.</summary>
    /// <returns>As <see cref="IClaudeKeyCheck.CheckAsync"/>; <c>RATE_006</c> when it is one too many.</returns>
    public async Task<Result> CheckAsync(UserId user, ClaudeCredential credential, CancellationToken cancellationToken)
    {
        var wait = await rates.TakeAsync($"key-check:{user}", OfUser, cancellationToken);
        return wait == TimeSpan.Zero ? await check.CheckAsync(credential, cancellationToken) : TooMany(wait);
    }

    private static Error TooMany(TimeSpan wait)
    {
        var seconds = (int)Math.Ceiling(wait.TotalSeconds);
        return new Error(ResultStatus.LimitExceeded, "RATE_006", "too_many_key_checks", $"You had many keys checked in a short time. Try again in {seconds} s.") { Retryable = true }
            .With("retry_after", seconds);
    }
}
