using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Shared;
using Claudy.WebApi.Http;

namespace Claudy.WebApi.Edge;

/// <summary>
/// Keeps a browser signed in where no script can read it. This is the one place that knows what the cookie holds: an
/// access token.
/// </summary>
internal sealed class SessionCookie(TimeProvider time)
{
    /// <summary>Shows that a page of our own sent a request: others may not send it without being asked first (CORS).</summary>
    public const string ProofHeader = "X-Claudy-Request";

    private const string Name = "claudy";
    private const string HostPrefix = "__Host-";
    private const string SameOrigin = "same-origin";

    /// <summary>Signs the browser in for as long as the token holds.</summary>
    public void Write(HttpContext context, AccessToken token) =>
        context.Response.Cookies.Append(NameFor(context.Request), token.Value.Reveal(), OptionsFor(context.Request, token.ExpiresAt - time.GetUtcNow()));

    /// <summary>Signs the browser out.</summary>
    public static void Clear(HttpContext context) =>
        context.Response.Cookies.Delete(NameFor(context.Request), OptionsFor(context.Request, maxAge: null));

    /// <summary>The token in the cookie of a request.</summary>
    /// <returns>Null without one, and for a request of another origin's page; <c>AUTH_013</c> for a change without <see cref="ProofHeader"/>.</returns>
    public static Result<string?> TokenOf(HttpContext context)
    {
        var request = context.Request;
        if (!request.Cookies.TryGetValue(NameFor(request), out var token) || IsForeign(request))
        {
            return Result.Success<string?>(null);
        }

        var isOwn = OriginPolicy.IsOwnOrigin(request);
        if (context.WebSockets.IsWebSocketRequest)
        {
            // Pages always say where they are from when they connect; SameSite lets the pages of other ports through.
            return Result.Success(isOwn ? token : null);
        }

        return HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || IsProven(request, isOwn) ? token : EdgeErrors.CrossSite();
    }

    // Not the site's: cookies are shared by all ports of a host. Browsers leave Sec-Fetch-Site out where there is no TLS.
    private static bool IsForeign(HttpRequest request) =>
        (request.Headers["Sec-Fetch-Site"] is [var site, ..] && site is not (SameOrigin or "none"))
        || (request.Headers.Origin.Count > 0 && !OriginPolicy.IsOwnOrigin(request));

    private static bool IsProven(HttpRequest request, bool isOwn) =>
        request.Headers.ContainsKey(ProofHeader) && (isOwn || request.Headers["Sec-Fetch-Site"] is [SameOrigin]);

    // By its prefix browsers take it only with TLS and from this very host. Two servers on one host must not share it.
    private static string NameFor(HttpRequest request)
    {
        var usualPort = request.IsHttps ? 443 : 80;
        var name = request.Host.Port is { } port && port != usualPort ? $"{Name}-{port}" : Name;
        return request.IsHttps ? HostPrefix + name : name;
    }

#pragma warning disable S2092 // Secure wherever there is TLS; local mode has none, on loopback.
    private static CookieOptions OptionsFor(HttpRequest request, TimeSpan? maxAge) => new()
    {
        HttpOnly = true,
        Secure = request.IsHttps,
        SameSite = SameSiteMode.Strict,
        Path = "/",
        MaxAge = maxAge,
    };
#pragma warning restore S2092
}
