using Claudy.Application.Audit;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.WebApi.Http;
using Microsoft.Extensions.Options;

namespace Claudy.WebApi.Edge;

/// <summary>How often an address and a user may ask.</summary>
internal sealed class RequestRates(IRateLimiter limiter, IOptions<LimitOptions> options)
{
    /// <summary>Refuses requests of addresses that ask too often.</summary>
    public async Task LimitAddressAsync(HttpContext context, RequestDelegate next)
    {
        var wait = await limiter.TakeAsync($"address:{ClientAddress.Of(context).Key}", options.Value.OfAddress(), context.RequestAborted);
        if (wait == TimeSpan.Zero)
        {
            await next(context);
            return;
        }

        var tooMany = EdgeErrors.TooManyRequests(wait);
        context.NoteRefused(AuditActions.LimitExceeded, tooMany);
        await Problems.WriteAsync(context, tooMany);
    }

    /// <summary>Counts a request or frame of a user.</summary>
    /// <returns><c>RATE_003</c> when it is one too many.</returns>
    public async ValueTask<Error?> CountAsync(UserId user, CancellationToken cancellationToken)
    {
        var wait = await limiter.TakeAsync($"user:{user}", options.Value.OfUser(), cancellationToken);
        return wait == TimeSpan.Zero ? null : EdgeErrors.TooManyRequests(wait);
    }
}
