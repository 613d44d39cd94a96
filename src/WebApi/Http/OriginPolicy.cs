using Microsoft.Extensions.Options;

namespace Claudy.WebApi.Http;

/// <summary>
/// Which host names the server answers to, and which pages may connect. Without it any page in a browser on this machine
/// could reach a server on loopback, be it by a cross-site WebSocket or by a DNS name that it points here.
/// </summary>
internal sealed class OriginPolicy(IOptions<HttpOptions> options)
{
    private static readonly string[] LoopbackHosts = ["localhost", "127.0.0.1", "[::1]"];

    private readonly HashSet<string> _hosts = new(
        options.Value.AllowedHosts is [_, ..] hosts ? hosts : LoopbackHosts, StringComparer.OrdinalIgnoreCase);

    private readonly HashSet<string> _origins = new(
        options.Value.AllowedOrigins.Select(origin => origin.TrimEnd('/')), StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the server answers to the name in the request's Host header.</summary>
    public bool IsHostAllowed(HttpRequest request) => _hosts.Contains(request.Host.Host);

    /// <summary>Whether the page that asks may; who sends no Origin is no page.</summary>
    public bool IsOriginAllowed(HttpRequest request) =>
        request.Headers.Origin.Count == 0
        || IsOwnOrigin(request)
        || (request.Headers.Origin is [{ } origin] && _origins.Contains(origin));

    /// <summary>Whether a page of this server's own asks, and says so.</summary>
    public static bool IsOwnOrigin(HttpRequest request)
    {
        if (request.Headers.Origin is not [{ } origin] || !Uri.TryCreate(origin, UriKind.Absolute, out var uri))
        {
            return false;
        }

        // A proxy that is not trusted may speak TLS for us; where we know of TLS, a page without it is another's.
        var isOurScheme = request.IsHttps ? uri.Scheme == "https" : uri.Scheme is "http" or "https";

        // The host name was checked against the list.
        return isOurScheme
            && request.Host.HasValue
            && string.Equals(uri.Host, request.Host.Host, StringComparison.OrdinalIgnoreCase)
            && uri.Port == (request.Host.Port ?? (uri.Scheme == "https" ? 443 : 80));
    }
}
