using System.Text;
using System.Threading.Channels;
using Claudy.Infrastructure.Processes;
using Claudy.Infrastructure.Processes.ControlGroups;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Claudy.Integration.Tests.Processes;

/// <summary>A spawner, the lines that its processes write, and a folder that goes with them.</summary>
internal sealed class Spawning : IAsyncDisposable
{
    private readonly Channel<string> _lines = Channel.CreateBounded<string>(10_000);
    private readonly List<IChildProcess> _started = [];

    public Spawning(int maxLineBytes = 64 << 20)
    {
        var options = Options.Create(new ProcessOptions { MaxLineBytes = maxLineBytes, DataPath = Folder });
        Resources = new ResourceControl(options, TimeProvider.System, NullLogger<ResourceControl>.Instance);
        Spawner = new ProcessSpawner(options, Resources, TimeProvider.System, NullLogger<ProcessSpawner>.Instance);
    }

    public ResourceControl Resources { get; }

    public ProcessSpawner Spawner { get; }

    public string Folder { get; } = Directory.CreateTempSubdirectory("claudy-test-").FullName;

    public Task<IChildProcess> BashAsync(string script, LineHandler? onLine = null) => StartAsync(Bash(script), onLine);

    public async Task<IChildProcess> StartAsync(ProcessSpec spec, LineHandler? onLine = null)
    {
        var started = await Spawner.StartAsync(spec, onLine ?? Keep, CancellationToken.None);
        _started.Add(started.Value);
        return started.Value;
    }

    public ProcessSpec Bash(string script) => new()
    {
        FileName = "/bin/bash",
        Arguments = ["-c", script],
        Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin:/usr/sbin:/sbin" },
        WorkingDirectory = Folder,
    };

    public async Task<string> NextLineAsync()
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        return await _lines.Reader.ReadAsync(deadline.Token);
    }

    /// <summary>All lines of a process that ended.</summary>
    public string[] Lines()
    {
        List<string> lines = [];
        while (_lines.Reader.TryRead(out var line))
        {
            lines.Add(line);
        }

        return [.. lines];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _started)
        {
            await process.DisposeAsync();
        }

        Spawner.Dispose();
        Resources.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private void Keep(ReadOnlyMemory<byte> line)
    {
        if (!_lines.Writer.TryWrite(Encoding.UTF8.GetString(line.Span)))
        {
            throw new InvalidOperationException("More lines than a test keeps.");
        }
    }
}
