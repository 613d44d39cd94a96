using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Claudy.Infrastructure.Scanning;

/// <summary>Where clamd listens.</summary>
internal static class ClamAvAddress
{
    // The size of sun_path, less its zero.
    private const int MaxSocketPath = 107;

    /// <summary>The path of a Unix socket, or a host and a port; null when it is neither.</summary>
    public static EndPoint? Parse(string text)
    {
        var address = text.StartsWith("unix:", StringComparison.Ordinal) ? text["unix:".Length..] : text;
        if (address.StartsWith('/'))
        {
            return System.Text.Encoding.UTF8.GetByteCount(address) <= MaxSocketPath ? new UnixDomainSocketEndPoint(address) : null;
        }

        var colon = address.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
        {
            return null;
        }

        var host = address[..colon];
        if (IPAddress.TryParse(host, out var literal))
        {
            return new IPEndPoint(literal, port);
        }

        return Uri.CheckHostName(host) == UriHostNameType.Dns ? new DnsEndPoint(host, port) : null;
    }
}
