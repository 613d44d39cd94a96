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

    /// <summary>How many sessions of this node may have a process at once; further ones wait in line. 0 for no limit.</summary>
    [Range(0, 100_000)]
    public int MaxRunning { get; set; } = 100;

    /// <summary>How many sessions of one user may have a process at once on this node. 0 for no limit.</summary>
    [Range(0, 100_000)]
    public int MaxRunningPerUser { get; set; }

    /// <summary>How many processes are started at once; each takes a processor for more than half a second. 0 for two a processor.</summary>
    [Range(0, 10_000)]
    public int MaxStarting { get; set; }

    /// <summary>How many bytes of memory must stay available on this machine; when less would, further sessions wait. 0 for no such limit.</summary>
    [Range(0, long.MaxValue)]
    public long MinFreeMemoryBytes { get; set; } = 512L << 20;

    /// <summary>What a process is reckoned with before it has shown what it takes, in bytes.</summary>
    [Range(0, long.MaxValue)]
    public long MemoryPerProcessBytes { get; set; } = 200L << 20;

    /// <summary>While others wait in line, an idle process is ended after this time instead of <see cref="IdleTimeout"/>.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan YieldAfter { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often in a row a process may end unexpectedly before the session is <c>failed</c>. A turn that ends well, or five quiet minutes, begin the count anew.</summary>
    [Range(1, 100)]
    public int MaxCrashesInARow { get; set; } = 3;

    /// <summary>How long after a crash the process is started again; twice as long after each further one, up to a minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan CrashBackoff { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a process gets to end by itself before it is killed.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(3);
}

[OptionsValidator]
internal sealed partial class SessionOptionsValidator : IValidateOptions<SessionOptions>;
