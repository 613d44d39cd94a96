using System.Net;
using System.Net.Sockets;

namespace Claudy.WebApi.Edge;

/// <summary>Where a request comes from; behind a trusted proxy, what that says.</summary>
/// <param name="Value">The address; IPv4 within IPv6 is IPv4.</param>
internal sealed record ClientAddress(IPAddress Value)
{
    private const int NetworkBytes = 8;

    /// <summary>
    /// Under what its requests are counted. Of IPv6 a single customer gets a /64 at least, so all of one counts as one.
    /// </summary>
    public string Key { get; } = KeyOf(Value);

    /// <summary>Whether it is this machine itself.</summary>
    public bool IsLoopback => IPAddress.IsLoopback(Value);

    /// <summary>The address of who sent a request.</summary>
    public static ClientAddress Of(HttpContext context) => Of(context.Connection.RemoteIpAddress);

    /// <summary>An address as the system tells it; none for Unix sockets, whose other end is on this machine.</summary>
    public static ClientAddress Of(IPAddress? address) =>
        new(address switch
        {
            null => IPAddress.Loopback,
            { IsIPv4MappedToIPv6: true } => address.MapToIPv4(),
            _ => address,
        });

    public override string ToString() => Value.ToString();

    private static string KeyOf(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return address.ToString();
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(NetworkBytes).Clear();
        return $"{new IPAddress(bytes)}/64";
    }
}
