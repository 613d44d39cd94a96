using System.ComponentModel.DataAnnotations;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Users.Ports;
using Microsoft.Extensions.Options;

namespace Claudy.WebApi.Edge;

/// <summary>What the server takes from its clients, under <c>Claudy:Limits</c>.</summary>
internal sealed class LimitOptions
{
    /// <summary>Where they are in the configuration.</summary>
    public const string Section = "Claudy:Limits";

    /// <summary>How many requests an address may make a second in the long run.</summary>
    [Range(0.01, 1_000_000)]
    public double RequestsPerSecondPerAddress { get; set; } = 50;

    /// <summary>How many requests an address may make at once after a rest.</summary>
    [Range(1, 1_000_000)]
    public int RequestBurstPerAddress { get; set; } = 500;

    /// <summary>How many requests and frames a user may send a second in the long run.</summary>
    [Range(0.01, 1_000_000)]
    public double RequestsPerSecondPerUser { get; set; } = 100;

    /// <summary>How many requests and frames a user may send at once after a rest.</summary>
    [Range(1, 1_000_000)]
    public int RequestBurstPerUser { get; set; } = 1000;

    /// <summary>How many files or archives a user may be sending over HTTP at once; what is under way takes room on the disk.</summary>
    [Range(1, 10_000)]
    public int TransfersPerUser { get; set; } = 16;

    /// <summary>How many failed attempts at a kind of credential an address has before it must wait.</summary>
    [Range(1, 1000)]
    public int FreeAttempts { get; set; } = 10;

    /// <summary>How long it must wait first; doubled after each further failure.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:10:00")]
    public TimeSpan FirstAttemptWait { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long it must wait at most.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "1.00:00:00")]
    public TimeSpan MaxAttemptWait { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long after its last failure, and the wait for it, all are forgotten.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan ForgetAttemptsAfter { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How many connections this server holds at once.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 20_000;

    /// <summary>How many of them one address may have; trusted proxies may have any number.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnectionsPerAddress { get; set; } = 1000;

    /// <summary>How many WebSockets of one address may be open that have not signed in.</summary>
    [Range(1, 1_000_000)]
    public int MaxUnauthenticatedPerAddress { get; set; } = 50;

    /// <summary>The largest body of a request that has no limit of its own, in bytes.</summary>
    [Range(1024, 1024 * 1024 * 1024)]
    public int MaxRequestBytes { get; set; } = 64 * 1024;

    /// <summary>The longest first line of a request, address included, in bytes.</summary>
    [Range(512, 1024 * 1024)]
    public int MaxRequestLineBytes { get; set; } = 8 * 1024;

    /// <summary>How much all headers of a request may hold, in bytes.</summary>
    [Range(1024, 1024 * 1024)]
    public int MaxHeaderBytes { get; set; } = 32 * 1024;

    /// <summary>How many headers a request may have.</summary>
    [Range(10, 10_000)]
    public int MaxHeaders { get; set; } = 100;

    /// <summary>How long the headers of a request may take to arrive.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan HeaderTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the answer to a request may take; WebSockets, exports and files take as long as they need.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests of an address.</summary>
    public RateLimit OfAddress() => new(RequestsPerSecondPerAddress, RequestBurstPerAddress);

    /// <summary>Requests and frames of a user.</summary>
    public RateLimit OfUser() => new(RequestsPerSecondPerUser, RequestBurstPerUser);

    /// <summary>Failed attempts of an address.</summary>
    public AttemptLimits OfAttempts() => new(FreeAttempts, FirstAttemptWait, MaxAttemptWait, ForgetAttemptsAfter);
}

[OptionsValidator]
internal sealed partial class LimitOptionsValidator : IValidateOptions<LimitOptions>;
