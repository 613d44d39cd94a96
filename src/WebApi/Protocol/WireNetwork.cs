using System.Text.Json;
using Claudy.Application.Messaging;
using Claudy.Domain.Networking;
using Claudy.Domain.Shared;

namespace Claudy.WebApi.Protocol;

/// <summary>A network policy on the wire: its mode alone, or an object with the hosts of its list.</summary>
internal static class WireNetwork
{
    private const string Modes = "none, allow_list or open";

    /// <summary>What a client chose; null when it chose nothing.</summary>
    public static Result<NetworkPolicy?> Parse(JsonElement? value) => value switch
    {
        null or { ValueKind: JsonValueKind.Null } => Result.Success<NetworkPolicy?>(null),
        { ValueKind: JsonValueKind.String } word => Of(word.GetString(), []),
        { ValueKind: JsonValueKind.Object } policy => Parse(policy),
        _ => RequestErrors.InvalidField("network", $"network must be {Modes}, or an object with a mode and hosts."),
    };

    /// <summary>Its mode's word.</summary>
    public static string Of(NetworkMode mode) => mode switch
    {
        NetworkMode.None => "none",
        NetworkMode.AllowList => "allow_list",
        NetworkMode.Open => "open",
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, null),
    };

    /// <summary>Its reason's word.</summary>
    public static string Of(NetworkRefusal reason) => reason switch
    {
        NetworkRefusal.NoNetwork => "no_network",
        NetworkRefusal.NotListed => "not_listed",
        NetworkRefusal.ServerLimit => "server_limit",
        NetworkRefusal.Denied => "denied",
        NetworkRefusal.PrivateAddress => "private_address",
        NetworkRefusal.InvalidHost => "invalid_host",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };

    private static Result<NetworkPolicy?> Parse(JsonElement policy)
    {
        List<string> hosts = [];
        if (policy.TryGetProperty("hosts"u8, out var list) && list.ValueKind != JsonValueKind.Null)
        {
            if (list.ValueKind != JsonValueKind.Array || list.EnumerateArray().Any(host => host.ValueKind != JsonValueKind.String))
            {
                return RequestErrors.InvalidField("network", "network.hosts must be a list of strings.");
            }

            hosts.AddRange(list.EnumerateArray().Select(host => host.GetString()!));
        }

        return Of(policy.TryGetProperty("mode"u8, out var mode) && mode.ValueKind == JsonValueKind.String ? mode.GetString() : null, hosts);
    }

    private static Result<NetworkPolicy?> Of(string? mode, List<string> hosts) => mode switch
    {
        "none" when hosts.Count == 0 => NetworkPolicy.None,
        "open" when hosts.Count == 0 => NetworkPolicy.Open,
        "none" or "open" => RequestErrors.InvalidField("network", "network.hosts goes with the mode allow_list only."),
        "allow_list" => new NetworkPolicy(NetworkMode.AllowList, hosts),
        _ => RequestErrors.InvalidField("network", $"network must be {Modes}."),
    };
}

/// <summary>A network policy in an answer.</summary>
/// <param name="Mode">none, allow_list or open.</param>
/// <param name="Hosts">The hosts of a list; none for the other modes.</param>
internal sealed record NetworkData(string Mode, IReadOnlyList<string>? Hosts)
{
    public static NetworkData Of(NetworkPolicy? policy)
    {
        var shown = policy ?? NetworkPolicy.None;
        return new NetworkData(WireNetwork.Of(shown.Mode), shown.Mode == NetworkMode.AllowList ? shown.Hosts : null);
    }
}
