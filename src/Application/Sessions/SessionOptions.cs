using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Sessions;

/// <summary>Settings of sessions, under <c>Claudy:Sessions</c>.</summary>
public sealed class SessionOptions
{
    /// <summary>Where they are in the configuration.</summary>
    public const string Section = "Claudy:Sessions";

    /// <summary>How many sessions a user may have that are not terminated.</summary>
    [Range(1, 100_000)]
    public int MaxPerUser { get; set; } = 100;

    /// <summary>How long a permission request waits before it is denied.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan PermissionTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>After how long without work and without a watcher's command a session's process is ended; the session stays.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a process gets to end by itself before it is killed.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(3);
}

[OptionsValidator]
internal sealed partial class SessionOptionsValidator : IValidateOptions<SessionOptions>;
