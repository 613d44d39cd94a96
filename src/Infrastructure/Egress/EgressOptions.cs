using System.ComponentModel.DataAnnotations;
using System.Net;
using Claudy.Domain.Networking;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Egress;

/// <summary>How the proxy connects; beside what sessions may ask for, under <c>Claudy:Network</c>.</summary>
internal sealed class EgressOptions
{
    public const string Section = "Claudy:Network";

    /// <summary>Networks that are not public and that sessions may reach all the same, such as 10.1.2.0/24.</summary>
    public IList<string> PrivateNetworks { get; } = [];

    /// <summary>How long finding and connecting to a host may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00", ErrorMessage = "Claudy:Network:ConnectTimeout must be from a tenth of a second to five minutes.")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a connection may be silent in both directions.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ErrorMessage = "Claudy:Network:IdleTimeout must be from one second to a day.")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How many connections one session may hold; further ones are dropped.</summary>
    [Range(1, 4096)]
    public int MaxConnections { get; set; } = 128;

    /// <summary>The addresses that these settings leave within reach.</summary>
    public ReachableAddresses Reachable() => new([.. PrivateNetworks.Select(IPNetwork.Parse)]);
}

[OptionsValidator]
internal sealed partial class EgressOptionsValidator : IValidateOptions<EgressOptions>;

/// <summary>Checks what no attribute can.</summary>
internal sealed class PrivateNetworksValidator : IValidateOptions<EgressOptions>
{
    public ValidateOptionsResult Validate(string? name, EgressOptions options) =>
        options.PrivateNetworks.FirstOrDefault(text => !IPNetwork.TryParse(text, out _)) is { } wrong
            ? ValidateOptionsResult.Fail($"Claudy:Network:PrivateNetworks: '{wrong}' is no network such as 10.1.2.0/24, whose address ends in zeros.")
            : ValidateOptionsResult.Success;
}
