using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using IPNetwork = System.Net.IPNetwork;

namespace Claudy.WebApi.Edge;

/// <summary>Proxies in front of the server, under <c>Claudy:Proxies</c>.</summary>
internal sealed class ProxyOptions
{
    /// <summary>Where they are in the configuration.</summary>
    public const string Section = "Claudy:Proxies";

    /// <summary>Addresses and networks, such as <c>10.0.0.5</c> or <c>10.0.0.0/24</c>, whose word for address, scheme and host is taken.</summary>
    public string[] Trusted { get; set; } = [];

    /// <summary>The networks that they name; null for one that is none.</summary>
    internal static IPNetwork? Parse(string text)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            return Alone(ClientAddress.Of(address).Value);
        }

        return IPNetwork.TryParse(text, out var network) ? network : null;
    }

    private static IPNetwork Alone(IPAddress address) => new(address, address.GetAddressBytes().Length * 8);
}

internal sealed class ProxyOptionsValidator : IValidateOptions<ProxyOptions>
{
    public ValidateOptionsResult Validate(string? name, ProxyOptions options) =>
        options.Trusted.FirstOrDefault(text => ProxyOptions.Parse(text) is null) is { } wrong
            ? ValidateOptionsResult.Fail($"{ProxyOptions.Section}:{nameof(options.Trusted)}: {wrong} is neither an IP address nor a network such as 10.0.0.0/24.")
            : ValidateOptionsResult.Success;
}

/// <summary>Takes address, scheme and host of a request from the proxies that are trusted, and from nobody else.</summary>
internal sealed class TrustedProxies(IOptions<ProxyOptions> options)
{
    private readonly IPNetwork[] _networks = [.. options.Value.Trusted.Select(ProxyOptions.Parse).OfType<IPNetwork>()];

    /// <summary>Whether an address is a trusted proxy's.</summary>
    public bool Has(ClientAddress address) => Array.Exists(_networks, network => network.Contains(address.Value));

    /// <summary>Puts what they say in its place; first of all.</summary>
    public void Use(IApplicationBuilder app)
    {
        // The framework's middleware would trust everybody if it were given nobody.
        if (_networks.Length == 0)
        {
            return;
        }

        var forwarded = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost,

            // As many as there are: from the right, as long as each was added by a proxy that is trusted.
            ForwardLimit = null,
        };
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var network in _networks)
        {
            forwarded.KnownIPNetworks.Add(network);
        }

        app.Use(static (context, next) =>
        {
            // A Unix socket has no address; whoever may open it is on this machine.
            context.Connection.RemoteIpAddress ??= IPAddress.Loopback;
            return next(context);
        });
        app.UseForwardedHeaders(forwarded);
    }
}
