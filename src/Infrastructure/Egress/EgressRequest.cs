using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Claudy.Domain.Networking;

namespace Claudy.Infrastructure.Egress;

/// <summary>What a program asks of a proxy: a tunnel, or one plain request to be passed on.</summary>
/// <param name="RawHost">The host as it was asked for.</param>
/// <param name="Host">The host; null when <paramref name="RawHost"/> is none.</param>
/// <param name="Port">The port.</param>
/// <param name="Head">What to send to the host before all else: the plain request's head, as it is sent to a server; null for a tunnel.</param>
internal sealed record EgressRequest(string RawHost, HostName? Host, int Port, byte[]? Head)
{
    private const string Http = "http://";
    private static readonly char[] EndOfAuthority = ['/', '?', '#'];
    private static readonly SearchValues<byte> Controls =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Append(0x7F).Select(b => (byte)b).Where(b => b is not ((byte)'\t' or (byte)'\r' or (byte)'\n'))]);
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>For the next hop, or this proxy's own to say: the host is asked to close after its answer.</summary>
    private static readonly HashSet<string> NotPassedOn = new(StringComparer.OrdinalIgnoreCase)
    {
        "connection", "host", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "upgrade",
    };

    /// <summary>Reads a head, from the request line to the empty line that ends it.</summary>
    /// <param name="head">All of it, with the empty line.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="why">What is wrong with it.</param>
    public static bool TryParse(ReadOnlySpan<byte> head, [NotNullWhen(true)] out EgressRequest? request, [NotNullWhen(false)] out string? why)
    {
        request = null;
        why = "it is malformed.";
        if (head.ContainsAny(Controls))
        {
            return false;
        }

        // Latin-1 keeps each byte one character, so that values go on as they came.
        var lines = Encoding.Latin1.GetString(head).Split("\r\n");
        if (lines.Any(line => line.AsSpan().IndexOfAny('\r', '\n') >= 0) || lines is not [var requestLine, .. var fields, "", ""])
        {
            return false;
        }

        var words = requestLine.Split(' ');
        if (words is not [var method, var target, ("HTTP/1.1" or "HTTP/1.0") and var version] || !IsToken(method) || target.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return false;
        }

        if (fields.Any(field => field.IndexOf(':', StringComparison.Ordinal) is var colon && (colon < 1 || !IsToken(field.AsSpan(0, colon)))))
        {
            return false;
        }

        return method == "CONNECT"
            ? TryParseTunnel(target, out request, out why)
            : TryParsePlain((method, target, version), fields, out request, out why);
    }

    private static bool TryParseTunnel(string target, [NotNullWhen(true)] out EgressRequest? request, [NotNullWhen(false)] out string? why)
    {
        request = Of(target, defaultPort: null);
        why = request is null ? "CONNECT takes a host and a port." : null;
        return request is not null;
    }

    private static bool TryParsePlain(
        (string Method, string Target, string Version) line, string[] fields, [NotNullWhen(true)] out EgressRequest? request, [NotNullWhen(false)] out string? why)
    {
        request = null;
        var target = line.Target;
        if (!target.StartsWith(Http, StringComparison.OrdinalIgnoreCase))
        {
            why = "this is a proxy: it takes CONNECT, and requests for whole http addresses.";
            return false;
        }

        var end = target.IndexOfAny(EndOfAuthority, Http.Length);
        var authority = end < 0 ? target[Http.Length..] : target[Http.Length..end];
        var path = end < 0 ? "/" : target[end..];
        request = Of(authority, defaultPort: 80);
        if (request is null)
        {
            why = "its address has no host, a name of a user, or a port that is none.";
            return false;
        }

        // The host that was judged is the host that is told, whatever the program says it is.
        var port = request.Port == 80 ? "" : $":{request.Port}";
        var head = new StringBuilder($"{line.Method} {(path[0] == '/' ? path : $"/{path}")} {line.Version}\r\nHost: {request.Host}{port}\r\nConnection: close\r\n");
        foreach (var field in fields.Where(field => !NotPassedOn.Contains(field[..field.IndexOf(':', StringComparison.Ordinal)])))
        {
            head.Append(field).Append("\r\n");
        }

        request = request with { Head = Encoding.Latin1.GetBytes(head.Append("\r\n").ToString()) };
        why = null;
        return true;
    }

    private static EgressRequest? Of(string authority, int? defaultPort)
    {
        var colon = authority.LastIndexOf(':');
        var hasPort = colon >= 0 && !authority.EndsWith(']');
        var host = hasPort ? authority[..colon] : authority;
        var port = defaultPort ?? 0;
        if (host.Length == 0 || host.Contains('@', StringComparison.Ordinal)
            || (hasPort ? !HostPattern.TryParsePort(authority.AsSpan(colon + 1), out port) : defaultPort is null))
        {
            return null;
        }

        var shown = host.Length <= HostName.MaxLength ? host : host[..HostName.MaxLength];
        return new EgressRequest(shown, HostName.TryParse(host, out var name, out _) ? name : null, port, Head: null);
    }

    private static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && text.IndexOfAnyExcept(TokenCharacters) < 0;
}
