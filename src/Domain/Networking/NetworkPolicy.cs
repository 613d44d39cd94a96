namespace Claudy.Domain.Networking;

/// <summary>How much of the network a session may reach, in rising order.</summary>
public enum NetworkMode
{
    /// <summary>Nothing but the model's API.</summary>
    None,

    /// <summary>The hosts of a list.</summary>
    AllowList,

    /// <summary>All of the public network.</summary>
    Open,
}

/// <summary>What of the network a session may reach.</summary>
/// <param name="Mode">How much.</param>
/// <param name="Hosts">With <see cref="NetworkMode.AllowList"/>, up to <see cref="MaxHosts"/> hosts in the form of <see cref="HostPattern"/>; else empty.</param>
public sealed record NetworkPolicy(NetworkMode Mode, IReadOnlyList<string> Hosts)
{
    /// <summary>How many hosts a list may name.</summary>
    public const int MaxHosts = 200;

    /// <summary>Nothing.</summary>
    public static NetworkPolicy None { get; } = new(NetworkMode.None, []);

    /// <summary>All of the public network.</summary>
    public static NetworkPolicy Open { get; } = new(NetworkMode.Open, []);

    /// <summary>The hosts of a list.</summary>
    public static NetworkPolicy AllowList(params IReadOnlyList<string> hosts) => new(NetworkMode.AllowList, hosts);

    /// <summary>Why a list cannot be this one; null when it can.</summary>
    public static string? WrongWith(IReadOnlyList<string?> hosts)
    {
        ArgumentNullException.ThrowIfNull(hosts);
        if (hosts.Count > MaxHosts)
        {
            return $"at most {MaxHosts} hosts can be named.";
        }

        foreach (var host in hosts)
        {
            if (!HostPattern.TryParse(host, out _, out var why))
            {
                return $"'{host}' is no host, because {why}. Give names such as api.github.com, *.nuget.org or github.com:22.";
            }
        }

        return null;
    }

    /// <summary>The same with each host in its one spelling, once.</summary>
    public NetworkPolicy Normalised() => this with { Hosts = [.. Patterns().Select(pattern => pattern.ToString()).Distinct(StringComparer.Ordinal)] };

    /// <summary>Whether it allows a host at a port.</summary>
    public bool Allows(HostName host, int port) => Mode == NetworkMode.Open || Patterns().Any(pattern => pattern.Matches(host, port));

    /// <summary>The first of another policy's hosts that this one does not allow; null when it allows all that the other does.</summary>
    public string? FirstBeyond(NetworkPolicy other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Mode == NetworkMode.Open
            ? null
            : other.Patterns().FirstOrDefault(wanted => !Patterns().Any(pattern => pattern.Covers(wanted)))?.ToString();
    }

    /// <summary>Whether both allow the same, by the same list.</summary>
    public bool Equals(NetworkPolicy? other) => other is not null && Mode == other.Mode && Hosts.SequenceEqual(other.Hosts, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Mode, Hosts.Count);

    // What cannot be read allows nothing.
    private IEnumerable<HostPattern> Patterns()
    {
        if (Mode != NetworkMode.AllowList)
        {
            yield break;
        }

        foreach (var host in Hosts)
        {
            if (HostPattern.TryParse(host, out var pattern, out _))
            {
                yield return pattern;
            }
        }
    }
}
