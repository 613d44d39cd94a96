using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Sessions;

/// <summary>What of the network sessions get and may ask for; <c>Claudy:Network</c>.</summary>
public sealed class NetworkOptions
{
    /// <summary>Where it is in the configuration.</summary>
    public const string Section = "Claudy:Network";

    /// <summary>What a session gets that asks for nothing; <see cref="NetworkMode.None"/> by default.</summary>
    public NetworkMode Mode { get; set; } = NetworkMode.None;

    /// <summary>The list of a session that gets or asks for a list and names no hosts.</summary>
    public IList<string> Hosts { get; } = [];

    /// <summary>The most that a session may ask for; <see cref="NetworkMode.Open"/> by default.</summary>
    public NetworkMode MaxMode { get; set; } = NetworkMode.Open;

    /// <summary>Where the most is a list, the hosts that sessions may ask for.</summary>
    public IList<string> MaxHosts { get; } = [];

    /// <summary>Hosts that no session may reach; one without a port means all ports.</summary>
    public IList<string> DeniedHosts { get; } = [];

    private NetworkPolicy Most => new(MaxMode, [.. MaxHosts]);

    /// <summary>What decides about the connections of a session with this policy.</summary>
    public NetworkRules RulesFor(NetworkPolicy policy) => new(policy, Most, [.. DeniedHosts]);

    /// <summary>What a session gets that asks for this; null for what the server gives by itself.</summary>
    /// <returns>The policy with its hosts in their one spelling, or <c>SESSION_016</c>.</returns>
    public Result<NetworkPolicy> Grant(NetworkPolicy? asked)
    {
        var wanted = (asked ?? new NetworkPolicy(Mode, [])) switch
        {
            { Mode: NetworkMode.AllowList, Hosts.Count: 0 } => NetworkPolicy.AllowList([.. Hosts]),
            var policy => policy,
        };
        if (wanted.Mode > MaxMode)
        {
            return SessionErrors.NetworkNotAllowed(MaxMode == NetworkMode.None
                ? "sessions on this server have none."
                : "this server gives sessions a list of hosts at the most.");
        }

        var granted = wanted.Normalised();
        if (granted is { Mode: NetworkMode.AllowList, Hosts.Count: 0 })
        {
            return SessionErrors.NetworkNotAllowed("name at least one host; the server has no list of its own.");
        }

        return granted.Mode == NetworkMode.AllowList && Most.FirstBeyond(granted) is { } host
            ? SessionErrors.NetworkNotAllowed($"this server does not give {host} to sessions.").With("host", host)
            : granted;
    }
}

internal sealed class NetworkOptionsValidator : IValidateOptions<NetworkOptions>
{
    public ValidateOptionsResult Validate(string? name, NetworkOptions options)
    {
        List<string> wrong = [];
        AddWrong(wrong, nameof(options.Hosts), options.Hosts);
        AddWrong(wrong, nameof(options.MaxHosts), options.MaxHosts);
        AddWrong(wrong, nameof(options.DeniedHosts), options.DeniedHosts);
        if (options is { Mode: NetworkMode.AllowList, Hosts.Count: 0 })
        {
            wrong.Add($"{NetworkOptions.Section}:{nameof(options.Mode)} is AllowList, and {nameof(options.Hosts)} names no host.");
        }

        if (wrong.Count == 0 && !options.Grant(null).IsSuccess)
        {
            wrong.Add($"{NetworkOptions.Section}:{nameof(options.Mode)} and {nameof(options.Hosts)} give sessions more than {nameof(options.MaxMode)} and {nameof(options.MaxHosts)} allow.");
        }

        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }

    private static void AddWrong(List<string> wrong, string setting, IList<string> hosts)
    {
        if (NetworkPolicy.WrongWith([.. hosts]) is { } why)
        {
            wrong.Add($"{NetworkOptions.Section}:{setting}: {why}");
        }
    }
}
