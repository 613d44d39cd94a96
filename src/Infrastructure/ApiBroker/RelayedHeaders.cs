using System.Collections.Frozen;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Claudy.Infrastructure.ApiBroker;

/// <summary>Which headers cross the broker.</summary>
internal static class RelayedHeaders
{
    /// <summary>
    /// Named rather than excepted: whatever else a sandbox sends (keys, cookies, proxy and forwarding headers, things that are yet to
    /// be invented) stays here. Accept-Encoding is left out on purpose: compressed events would arrive in clumps, and unread.
    /// </summary>
    private static readonly FrozenSet<string> ToUpstream = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        HeaderNames.Accept,
        HeaderNames.AcceptLanguage,
        HeaderNames.ContentType,
        HeaderNames.UserAgent,
        "idempotency-key",
        "x-app",
        "x-client-request-id");

    private static readonly string[] PrefixesToUpstream = ["anthropic-", "x-stainless-", "x-claude-code-"];

    /// <summary>Hop by hop, or about the server's own connection to the API.</summary>
    private static readonly FrozenSet<string> NotToChild = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        HeaderNames.AltSvc,
        HeaderNames.Connection,
        HeaderNames.KeepAlive,
        HeaderNames.ProxyAuthenticate,
        HeaderNames.ProxyConnection,
        HeaderNames.Server,
        HeaderNames.SetCookie,
        HeaderNames.StrictTransportSecurity,
        HeaderNames.TE,
        HeaderNames.Trailer,
        HeaderNames.TransferEncoding,
        HeaderNames.Upgrade,
        HeaderNames.WWWAuthenticate);

    public static void CopyTo(this IHeaderDictionary headers, HttpRequestMessage upstream)
    {
        foreach (var (name, values) in headers)
        {
            if (!CrossesToUpstream(name))
                continue;
            // HttpClient keeps the content's headers apart from the request's, and each refuses the other's.
            if (!upstream.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                upstream.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
    }

    public static void CopyTo(this HttpResponseMessage upstream, IHeaderDictionary headers)
    {
        CopyTo(upstream.Headers.NonValidated, upstream.Headers.Connection, headers);
        CopyTo(upstream.Content.Headers.NonValidated, upstream.Headers.Connection, headers);
    }

    private static void CopyTo(HttpHeadersNonValidated upstream, HttpHeaderValueCollection<string> hopByHop, IHeaderDictionary headers)
    {
        foreach (var (name, values) in upstream)
        {
            if (!NotToChild.Contains(name) && !hopByHop.Contains(name, StringComparer.OrdinalIgnoreCase))
                headers.Append(name, values.ToArray());
        }
    }

    private static bool CrossesToUpstream(string name) =>
        ToUpstream.Contains(name)
        || Array.Exists(PrefixesToUpstream, prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
}
