namespace Claudy.Domain.Networking;

/// <summary>Why a host is out of a session's reach.</summary>
public enum NetworkRefusal
{
    /// <summary>The session has no network.</summary>
    NoNetwork,

    /// <summary>It is not on the session's list.</summary>
    NotListed,

    /// <summary>The server gives sessions less than this session's list.</summary>
    ServerLimit,

    /// <summary>The server denies it to all sessions.</summary>
    Denied,

    /// <summary>It is, or has, an address that is not of the public network.</summary>
    PrivateAddress,

    /// <summary>It is no host name, or one that can be read in two ways.</summary>
    InvalidHost,
}

/// <summary>What decides about a session's connections: its own policy within the server's.</summary>
/// <param name="Policy">What the session may reach.</param>
/// <param name="Most">The most that any session may.</param>
/// <param name="Denied">Hosts that no session may reach, in the form of <see cref="HostPattern"/>; one without a port means all ports.</param>
public sealed record NetworkRules(NetworkPolicy Policy, NetworkPolicy Most, IReadOnlyList<string> Denied)
{
    /// <summary>Why a host at a port is out of reach; null when it is not. Its addresses are judged apart.</summary>
    public NetworkRefusal? Judge(HostName host, int port)
    {
        if (Policy.Mode == NetworkMode.None)
        {
            return NetworkRefusal.NoNetwork;
        }

        if (Denies(host, port))
        {
            return NetworkRefusal.Denied;
        }

        if (!Policy.Allows(host, port))
        {
            return NetworkRefusal.NotListed;
        }

        return Most.Allows(host, port) ? null : NetworkRefusal.ServerLimit;
    }

    /// <summary>Whether the server denies a host to all sessions.</summary>
    public bool Denies(HostName host, int port) => Denied.Any(text =>
        HostPattern.TryParse(text, out var pattern, out _) && (pattern.Port is null ? pattern.MatchesHost(host) : pattern.Matches(host, port)));
}
