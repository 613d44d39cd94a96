using System.Net;
using System.Net.Sockets;

namespace Claudy.Domain.Networking;

/// <summary>Which addresses sessions may reach: those of the public network, and those that the operator opens besides.</summary>
/// <param name="Opened">Networks that are not public and may be reached all the same, such as an internal registry's.</param>
/// <remarks>
/// An IPv4 address within an IPv6 one is judged as the IPv4 address. What is not known to be public is not: of IPv6 only
/// 2000::/3 is in use. Source: the IANA registries of special-purpose addresses for IPv4 and IPv6.
/// </remarks>
public sealed record ReachableAddresses(IReadOnlyList<IPNetwork> Opened)
{
    private static readonly IPNetwork[] SpecialIPv4 =
    [
        IPNetwork.Parse("0.0.0.0/8"),
        IPNetwork.Parse("10.0.0.0/8"),
        IPNetwork.Parse("100.64.0.0/10"),
        IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("169.254.0.0/16"),
        IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.0.0.0/24"),
        IPNetwork.Parse("192.0.2.0/24"),
        IPNetwork.Parse("192.88.99.0/24"),
        IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("198.18.0.0/15"),
        IPNetwork.Parse("198.51.100.0/24"),
        IPNetwork.Parse("203.0.113.0/24"),
        IPNetwork.Parse("224.0.0.0/3"),
    ];

    private static readonly IPNetwork GlobalIPv6 = IPNetwork.Parse("2000::/3");

    // Teredo and what else is for protocols, documentation, and 6to4, whose relays could lead anywhere.
    private static readonly IPNetwork[] SpecialIPv6 =
    [
        IPNetwork.Parse("2001::/23"),
        IPNetwork.Parse("2001:db8::/32"),
        IPNetwork.Parse("2002::/16"),
        IPNetwork.Parse("3fff::/20"),
    ];

    private static readonly IPNetwork TranslatedIPv4 = IPNetwork.Parse("64:ff9b::/96");

    // Where clouds tell a machine its credentials. One of them, Azure's, is in public space.
    private static readonly IPNetwork[] Metadata =
    [
        IPNetwork.Parse("169.254.169.254/32"),
        IPNetwork.Parse("169.254.170.2/32"),
        IPNetwork.Parse("169.254.170.23/32"),
        IPNetwork.Parse("100.100.100.200/32"),
        IPNetwork.Parse("168.63.129.16/32"),
        IPNetwork.Parse("192.0.0.192/32"),
        IPNetwork.Parse("fd00:ec2::254/128"),
        IPNetwork.Parse("fd00:ec2::23/128"),
        IPNetwork.Parse("fd20:ce::254/128"),
    ];

    /// <summary>Only the public network.</summary>
    public static ReachableAddresses Public { get; } = new([]);

    /// <summary>Whether an address may be reached. A cloud's metadata service never is, whatever is opened.</summary>
    public bool Includes(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 })
        {
            return false;
        }

        var plain = Plain(address);
        return !Metadata.Any(network => network.Contains(plain)) && (IsPublic(plain) || IsOpened(plain));
    }

    /// <summary>Whether the operator opened an address on purpose.</summary>
    public bool IsOpened(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = Plain(address);
        return Opened.Any(network => network.Contains(plain));
    }

    /// <summary>The IPv4 address within an IPv6 one, where it is such a one; else the address itself.</summary>
    public static IPAddress Plain(IPAddress address) => address switch
    {
        null => throw new ArgumentNullException(nameof(address)),
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4(),
        { AddressFamily: AddressFamily.InterNetworkV6 } when TranslatedIPv4.Contains(address) => new IPAddress(address.GetAddressBytes()[12..]),
        _ => address,
    };

    private static bool IsPublic(IPAddress address) => address.AddressFamily switch
    {
        AddressFamily.InterNetwork => !SpecialIPv4.Any(network => network.Contains(address)),
        AddressFamily.InterNetworkV6 => GlobalIPv6.Contains(address) && !SpecialIPv6.Any(network => network.Contains(address)),
        _ => false,
    };
}
