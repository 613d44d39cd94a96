using System.Diagnostics;
using System.Text;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Claudy.Infrastructure.Files;
using Claudy.Infrastructure.Files.Checkpoints;
using Claudy.Infrastructure.Files.Watching;
using Claudy.Infrastructure.Scanning;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Shouldly;

namespace Claudy.Integration.Tests.Files;

/// <summary>How names are resolved; every test of paths runs with both.</summary>
public enum Resolver
{
    OpenAt2,
    ComponentWise,
}

/// <summary>A prepared workspace in a temporary folder, and a folder outside of it.</summary>
internal sealed class TestWorkspace : IDisposable
{
    private readonly WorkspaceOptions _options;
    private readonly BeneathResolver _resolver;
    private readonly WorkspaceFolders _folders;
    private readonly WorkspaceRestorer _restorer;
    private readonly DirectoryInfo _folder;

    public TestWorkspace(
        Resolver resolver = Resolver.OpenAt2,
        long maxFileBytes = 10 << 20,
        long maxWorkspaceBytes = 100 << 20,
        long maxFiles = 20_000,
        IContentScanner? scanner = null,
        string? folder = null,
        long maxStagedBytes = 1L << 30)
    {
        _folder = folder is null ? Directory.CreateTempSubdirectory("claudy-files-") : Directory.CreateDirectory(Path.Combine(folder, "claudy-files"));
        _options = new WorkspaceOptions
        {
            BasePath = Path.Combine(_folder.FullName, "workspaces"),
            HomesPath = Path.Combine(_folder.FullName, "homes"),
            CheckpointsPath = Path.Combine(_folder.FullName, "checkpoints"),
            MaxFileBytes = maxFileBytes,
            MaxWorkspaceBytes = maxWorkspaceBytes,
            MaxFiles = maxFiles,
            MaxStagedBytes = maxStagedBytes,
        };
        var settings = Options.Create(_options);
        _resolver = resolver == Resolver.OpenAt2 ? BeneathResolver.OpenAt2.Instance : BeneathResolver.ComponentWise.Instance;
        _folders = new WorkspaceFolders(settings, _resolver);

        // No user has limits of their own, so that neither store is asked.
        var limits = new WorkspaceLimitBook(settings, sessions: null!, users: null!);
        var (staging, locks, measured) = (new StagingArea(_folders), new WorkspaceLocks(), new MeasuredTotals());
        Watcher = new WorkspaceWatcher(_folders, limits, locks, measured, News, TimeProvider.System, NullLogger<WorkspaceWatcher>.Instance);
        var ledger = new WorkspaceUsageLedger(limits, measured, Watcher);
        scanner ??= new CombinedScanner([]);
        var writer = new WorkspaceWriter(_folders, locks, ledger, scanner);
        var budget = new StagingBudget(settings);
        var guard = new StorageGuard(NullLogger<StorageGuard>.Instance);
        _restorer = new WorkspaceRestorer(_folders, staging, locks, ledger);
        Files = new WorkspaceFiles(_folders, staging, writer, new WorkspaceChanges(_folders, staging, locks, ledger), locks, ledger, budget, guard);
        Uploads = new WorkspaceUploads(settings, _folders, staging, writer, locks, ledger, budget, guard);
        Archives = new WorkspaceArchives(_folders, staging, writer, locks, ledger, scanner, budget, guard);
        Sweep = new StagingSweep(staging, budget, settings, TimeProvider.System, NullLogger<StagingSweep>.Instance);
        StagingPath = Path.Combine(_options.BasePath, ".staging");
        Location = Files.Prepare(Session);
        Checkpoints = NewCheckpoints();
        Outside = _folder.CreateSubdirectory("outside").FullName;
    }

    public SessionId Session { get; } = new(Guid.NewGuid());

    public WorkspaceFiles Files { get; }

    public WorkspaceUploads Uploads { get; }

    public WorkspaceArchives Archives { get; }

    public StagingSweep Sweep { get; }

    public WorkspaceWatcher Watcher { get; }

    public GitCheckpoints Checkpoints { get; }

    public string CheckpointsOnDisk => Path.Combine(_folder.FullName, "checkpoints", Session.ToString());

    /// <summary>What was told of it.</summary>
    public RecordedNews News { get; } = new();

    public WorkspaceLocation Location { get; }

    public string Outside { get; }

    /// <summary>Where content waits until it is whole.</summary>
    public string StagingPath { get; }

    /// <summary>What waits there.</summary>
    public IEnumerable<string> Staged => Directory.Exists(StagingPath) ? Directory.EnumerateFiles(StagingPath, "*", SearchOption.AllDirectories) : [];

    /// <summary>Where a name of the workspace is on this machine: what Claude does, tests do by path.</summary>
    public string OnDisk(string path) => Path.Combine(Location.WorkspacePath, path);

    public Task<Result<WrittenFile>> WriteAsync(string path, string content = "content", bool overwrite = false) =>
        WriteAsync(path, Encoding.UTF8.GetBytes(content), overwrite);

    public Task<Result<WrittenFile>> WriteAsync(string path, byte[] content, bool overwrite = false) =>
        Files.WriteAsync(Session, Named(path), content, overwrite, CancellationToken.None);

    public Task<Result<FileRange>> ReadAsync(string path, long offset = 0, long? length = null) =>
        Files.ReadAsync(Session, Named(path), offset, length, CancellationToken.None);

    public Task<Result<FilePage>> ListAsync(string? path = null, bool recursive = false, int limit = 1000, string? cursor = null, bool ignore = false) =>
        Files.ListAsync(Session, path is null ? null : Named(path), recursive, limit, cursor, ignore, CancellationToken.None);

    public async Task<Result<WrittenFile>> StreamAsync(string path, string content)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(content));
        return await Files.WriteAsync(Session, Named(path), stream, null, new WriteCondition(Overwrite: true), CancellationToken.None);
    }

    public Task<Result<OpenedFile>> OpenAsync(string path) => Files.OpenAsync(Session, Named(path), CancellationToken.None);

    public Task<Result<MovedFile>> MoveAsync(string from, string to, bool overwrite = false) =>
        Files.MoveAsync(Session, Named(from), Named(to), overwrite, CancellationToken.None);

    public Task<Result> DeleteAsync(string path, bool recursive = false) => Files.DeleteAsync(Session, Named(path), recursive, CancellationToken.None);

    public Task<Result<bool>> MakeDirectoryAsync(string path) => Files.MakeDirectoryAsync(Session, Named(path), CancellationToken.None);

    public Task<WorkspaceUsage> MeasureAsync() => Files.MeasureAsync(Session, CancellationToken.None);

    /// <summary>Checkpoints as another server would see them.</summary>
    public GitCheckpoints NewCheckpoints(bool isOn = true, TimeProvider? time = null)
    {
        _options.Checkpoints = isOn;
        return new GitCheckpoints(_folders, _resolver, _restorer, Options.Create(_options), time ?? TimeProvider.System, NullLogger<GitCheckpoints>.Instance);
    }

    public Task WatchAsync() => Watcher.OpenAsync(Session, CancellationToken.None);

    public void PlantFile(string path, string content = "planted")
    {
        Directory.CreateDirectory(Path.GetDirectoryName(OnDisk(path))!);
        File.WriteAllText(OnDisk(path), content);
    }

    public Task PlantPipeAsync(string path) => RunAsync("mkfifo", OnDisk(path));

    public Task PlantHardLinkAsync(string path, string target) => RunAsync("ln", target, OnDisk(path));

    public void Dispose()
    {
        Watcher.Dispose();

        // What tests plant is more than Directory.Delete can remove.
        using var parent = DirectoryHandle.Open(_folder.Parent!.FullName, out _)!;
        TreeRemoval.Remove(parent, EntryName.From(_folder.Name), CancellationToken.None);
    }

    /// <summary>Does something within the workspace, as a command of Claude's does.</summary>
    public async Task ShellAsync(string script)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { WorkingDirectory = Location.WorkspacePath })!;
        await shell.WaitForExitAsync();
        shell.ExitCode.ShouldBe(0);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0);
    }

    private static WorkspacePath Named(string path) => WorkspacePath.Parse(path).Value;
}
