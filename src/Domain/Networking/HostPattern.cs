using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Claudy.Domain.Networking;

/// <summary>
/// Hosts that a list names: <c>api.github.com</c> is that one, <c>*.github.com</c> all below it and not itself. With a port,
/// as in <c>github.com:22</c>, only that one; without, those of the web, 80 and 443.
/// </summary>
public sealed record HostPattern
{
    private HostPattern(HostName host, bool isWildcard, int? port)
    {
        Host = host;
        IsWildcard = isWildcard;
        Port = port;
    }

    /// <summary>The host, or the domain that the hosts are below.</summary>
    public HostName Host { get; }

    /// <summary>Whether it means what is below <see cref="Host"/>.</summary>
    public bool IsWildcard { get; }

    /// <summary>The only port; null for those of the web.</summary>
    public int? Port { get; }

    /// <summary>Reads what a person wrote.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="pattern">What it means.</param>
    /// <param name="why">What is wrong with it, to go after "because".</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out HostPattern? pattern, [NotNullWhen(false)] out string? why)
    {
        pattern = null;
        if (text is null)
        {
            why = "it is empty";
            return false;
        }

        int? port = null;
        var host = text;
        if (text.LastIndexOf(':') is >= 0 and var colon && !text.EndsWith(']'))
        {
            if (!TryParsePort(text.AsSpan(colon + 1), out var parsed))
            {
                why = "what is after its colon is no port";
                return false;
            }

            port = parsed;
            host = text[..colon];
        }

        var isWildcard = host.StartsWith("*.", StringComparison.Ordinal);
        if (!HostName.TryParseWritten(isWildcard ? host[2..] : host, out var name, out why))
        {
            return false;
        }

        if (isWildcard && name.Address is not null)
        {
            why = "nothing is below an IP address";
            return false;
        }

        pattern = new HostPattern(name, isWildcard, port);
        return true;
    }

    /// <summary>Reads a port: 1 to 65535 in decimal, without a sign or a zero in front.</summary>
    public static bool TryParsePort(ReadOnlySpan<char> text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= 65535 && text[0] != '0';

    /// <summary>Whether it names a host, at whatever port.</summary>
    public bool MatchesHost(HostName host) => IsWildcard ? host.IsBelow(Host) : host.Value == Host.Value;

    /// <summary>Whether it names a host at a port.</summary>
    public bool Matches(HostName host, int port) => MatchesHost(host) && (Port is { } only ? port == only : port is 80 or 443);

    /// <summary>Whether it names all that another one names.</summary>
    public bool Covers(HostPattern other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var hosts = other.IsWildcard
            ? IsWildcard && (other.Host.Value == Host.Value || other.Host.IsBelow(Host))
            : MatchesHost(other.Host);
        return hosts && (Port == other.Port || (Port is null && other.Port is 80 or 443));
    }

    /// <summary>As it is stored and shown.</summary>
    public override string ToString() => $"{(IsWildcard ? "*." : "")}{Host}{(Port is { } port ? $":{port}" : "")}";
}
