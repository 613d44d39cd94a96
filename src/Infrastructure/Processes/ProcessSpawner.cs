using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using Claudy.Domain.Shared;
using Claudy.Infrastructure.Processes.ControlGroups;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Processes;

/// <summary>
/// Starts processes in a session of their own, so that a Ctrl+C for the server does not reach them, and with a death
/// signal, so that they end when the server is killed.
/// </summary>
/// <remarks>
/// Linux sends the death signal when the starting <em>thread</em> ends, and thread-pool threads come and go: all
/// processes are started by one thread that lives as long as the spawner.
/// </remarks>
internal sealed partial class ProcessSpawner : IProcessSpawner, IDisposable
{
    private const int MaxWaiting = 1024;

    private readonly BlockingCollection<Spawn> _waiting = new(MaxWaiting);
    private readonly string[] _leash = Leash();
    private readonly ProcessOptions _options;
    private readonly ResourceControl _resources;
    private readonly TimeProvider _time;
    private readonly ILogger<ProcessSpawner> _logger;

    public ProcessSpawner(IOptions<ProcessOptions> options, ResourceControl resources, TimeProvider time, ILogger<ProcessSpawner> logger)
    {
        (_options, _resources, _time, _logger) = (options.Value, resources, time, logger);
        if (_leash.Length == 0)
        {
            LogNoLeash(logger);
        }

        new Thread(Work, maxStackSize: 256 << 10) { IsBackground = true, Name = "process spawner" }.Start();
    }

    public Task<Result<IChildProcess>> StartAsync(ProcessSpec spec, LineHandler onLine, CancellationToken cancellationToken)
    {
        var spawn = new Spawn(spec, onLine, cancellationToken);
        _waiting.Add(spawn, cancellationToken);
        return spawn.Started.Task;
    }

    /// <summary>Ends the spawning thread, and by that what still runs.</summary>
    public void Dispose() => _waiting.CompleteAdding();

    private void Work()
    {
        Posix.LeaveSessionKeyring();
        foreach (var spawn in _waiting.GetConsumingEnumerable())
        {
            if (spawn.CancellationToken.IsCancellationRequested)
            {
                spawn.Started.SetCanceled(spawn.CancellationToken);
                continue;
            }

            try
            {
                spawn.Started.SetResult(Start(spawn.Spec, spawn.OnLine));
            }
#pragma warning disable CA1031 // The caller gets it; the thread must live on.
            catch (Exception e)
#pragma warning restore CA1031
            {
                spawn.Started.SetException(e);
            }
        }
    }

    private Result<IChildProcess> Start(ProcessSpec spec, LineHandler onLine)
    {
        if (!Path.IsPathFullyQualified(spec.FileName) || !File.Exists(spec.FileName))
        {
            return ProcessErrors.NotStarted($"There is no program {spec.FileName}.");
        }

        if (!Directory.Exists(spec.WorkingDirectory))
        {
            return ProcessErrors.NotStarted($"There is no folder {spec.WorkingDirectory}.");
        }

        ControlGroup? group = null;
        if (spec.Bounds is { } bounds)
        {
            var made = _resources.Make(bounds);
            if (!made.IsSuccess)
            {
                return made.Error;
            }

            group = made.Value;
        }

        var started = Start(spec, onLine, group);
        if (!started.IsSuccess && group is not null)
        {
            _ = group.EndAsync();
        }

        return started;
    }

    private Result<IChildProcess> Start(ProcessSpec spec, LineHandler onLine, ControlGroup? group)
    {
        var marker = (Name: "CLAUDY_PROCESS", Value: Guid.NewGuid().ToString("D"));
        var start = new ProcessStartInfo
        {
            WorkingDirectory = spec.WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        start.Environment.Add(marker.Name, marker.Value);
        foreach (var (name, value) in spec.Environment)
        {
            start.Environment[name] = value;
        }

        string[] command = [.. _leash, .. group?.EntryCommand ?? [], spec.FileName, .. spec.Arguments];
        start.FileName = command[0];
        foreach (var argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            var process = Process.Start(start)!;
            var descendants = new Descendants(process.Id, $"{marker.Name}={marker.Value}", _time, _logger);
            return new ChildProcess(process, descendants, group, onLine, _options.MaxLineBytes, spec.EndsLinesAtReturns, _time, _logger);
        }
        catch (Win32Exception e)
        {
            return ProcessErrors.NotStarted($"{spec.FileName} cannot be started: {e.Message}.");
        }
    }

    /// <summary>The commands of util-linux that a command line is put behind; both become the program, none stays around it.</summary>
    private static string[] Leash() => (Executable.Find("setsid"), Executable.Find("setpriv")) is ({ } setsid, { } setpriv)
        ? [setsid, setpriv, "--pdeathsig", "KILL", "--"]
        : [];

    [LoggerMessage(1220, LogLevel.Warning, "setsid and setpriv (util-linux) are not installed: processes can outlive a server that is killed")]
    private static partial void LogNoLeash(ILogger logger);

    private sealed record Spawn(ProcessSpec Spec, LineHandler OnLine, CancellationToken CancellationToken)
    {
        public TaskCompletionSource<Result<IChildProcess>> Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
