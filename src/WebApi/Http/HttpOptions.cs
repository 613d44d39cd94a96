using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Claudy.WebApi.Http;

/// <summary>Settings of the edge, under <c>Claudy:Http</c>.</summary>
internal sealed class HttpOptions
{
    /// <summary>Where they are in the configuration.</summary>
    public const string Section = "Claudy:Http";

    /// <summary>Origins, such as <c>https://claudy.example</c>, whose pages may connect besides the server's own.</summary>
    public string[] AllowedOrigins { get; set; } = [];

    /// <summary>Host names that the server answers to; none for localhost, 127.0.0.1 and [::1].</summary>
    public string[] AllowedHosts { get; set; } = [];

    /// <summary>How many connections a user may have at once, over all nodes.</summary>
    [Range(1, 100_000)]
    public int MaxConnectionsPerUser { get; set; } = 3;

    /// <summary>The largest frame from a client, in bytes.</summary>
    [Range(1024, 256 * 1024 * 1024)]
    public int MaxFrameBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>How many frames a connection may send a second in the long run.</summary>
    [Range(0.1, 1_000_000)]
    public double FramesPerSecond { get; set; } = 50;

    /// <summary>How many frames a connection may send at once after a rest.</summary>
    [Range(1, 1_000_000)]
    public int FrameBurst { get; set; } = 200;

    /// <summary>After how many malformed frames a connection is closed.</summary>
    [Range(1, 1_000_000)]
    public int MaxMalformedFrames { get; set; } = 20;

    /// <summary>How much may wait for a client that reads slowly, in bytes, before its connection is closed.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int MaxOutboundBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>How long a new connection has to authenticate.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan AuthenticationTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection whose token ran out has to bring a fresh one.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan ReauthenticationTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often a silent connection is pinged.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the answer to a ping may take before the connection is given up.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan PongTimeout { get; set; } = TimeSpan.FromSeconds(30);
}

[OptionsValidator]
internal sealed partial class HttpOptionsValidator : IValidateOptions<HttpOptions>;
