using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.ApiBroker;

/// <summary>Settings of the broker: <c>Claudy:Broker</c>, and <c>Claudy:Claude:BaseUrl</c> for where requests go.</summary>
internal sealed class BrokerOptions
{
    public const string Section = "Claudy:Broker";

    public const string UpstreamKey = "Claudy:Claude:BaseUrl";

    /// <summary>The folder of the sessions' sockets; <c>run</c> in the data folder by default.</summary>
    [Required(ErrorMessage = "Claudy:Broker:RuntimePath is not set, and neither is Claudy:Data, whose folder 'run' would be used.")]
    public string RuntimePath { get; set; } = "";

    /// <summary>The Messages API's address, or a gateway's; a path in it is kept.</summary>
    [Url(ErrorMessage = UpstreamKey + " must be an absolute http or https address.")]
    public string Upstream { get; set; } = "https://api.anthropic.com";

    /// <summary>How long connecting to the API may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00", ErrorMessage = "Claudy:Broker:ConnectTimeout must be from a tenth of a second to five minutes.")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long the API may be silent in the middle of a stream before the child is cut off, which makes it ask again. The API pings every few seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00", ErrorMessage = "Claudy:Broker:StallTimeout must be from a tenth of a second to an hour.")]
    public TimeSpan StallTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The largest request body, in bytes.</summary>
    [Range(1024, 1L << 30)]
    public long MaxRequestBytes { get; set; } = 64 << 20;

    /// <summary>How many bytes of requests that are not sent yet may be held for all sessions together; further ones are told to come back.</summary>
    [Range(1 << 20, 1L << 40)]
    public long MaxHeldBytes { get; set; } = 512L << 20;

    /// <summary>How many bytes of requests that are not sent yet may be held for one session; at least twice <see cref="MaxRequestBytes"/> for one that is so large.</summary>
    [Range(1 << 20, 1L << 40)]
    public long MaxHeldBytesPerSession { get; set; } = 128L << 20;

    /// <summary>How many requests of one session may be under way; further ones are told to come back.</summary>
    [Range(1, 1024)]
    public int MaxConcurrentRequests { get; set; } = 16;

    /// <summary>How many connections one session may hold; further ones are dropped.</summary>
    [Range(1, 4096)]
    public int MaxConnections { get; set; } = 64;
}

[OptionsValidator]
internal sealed partial class BrokerOptionsValidator : IValidateOptions<BrokerOptions>;
