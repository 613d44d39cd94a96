using System.Diagnostics;
using System.Text;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Claudy.Infrastructure.Files;
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
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("claudy-files-");

    public TestWorkspace(Resolver resolver = Resolver.OpenAt2, long maxFileBytes = 10 << 20, long maxWorkspaceBytes = 100 << 20)
    {
        var options = new WorkspaceOptions
        {
            BasePath = Path.Combine(_folder.FullName, "workspaces"),
            HomesPath = Path.Combine(_folder.FullName, "homes"),
            MaxFileBytes = maxFileBytes,
            MaxWorkspaceBytes = maxWorkspaceBytes,
        };
        var settings = Options.Create(options);
        var folders = new WorkspaceFolders(settings, resolver == Resolver.OpenAt2 ? BeneathResolver.OpenAt2.Instance : BeneathResolver.ComponentWise.Instance);
        var staging = new StagingArea(folders);
        var locks = new WorkspaceLocks();
        var quota = new WorkspaceQuota(settings);
        var writer = new WorkspaceWriter(folders, locks, quota);
        Files = new WorkspaceFiles(settings, folders, staging, writer, new WorkspaceChanges(folders, staging, locks), locks);
        Uploads = new WorkspaceUploads(settings, folders, staging, writer, quota);
        Archives = new WorkspaceArchives(settings, folders, staging, writer, locks, quota);
        Sweep = new StagingSweep(staging, settings, TimeProvider.System, NullLogger<StagingSweep>.Instance);
        StagingPath = Path.Combine(options.BasePath, ".staging");
        Location = Files.Prepare(Session);
        Outside = _folder.CreateSubdirectory("outside").FullName;
    }

    public SessionId Session { get; } = new(Guid.NewGuid());

    public WorkspaceFiles Files { get; }

    public WorkspaceUploads Uploads { get; }

    public WorkspaceArchives Archives { get; }

    public StagingSweep Sweep { get; }

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

    public void PlantFile(string path, string content = "planted")
    {
        Directory.CreateDirectory(Path.GetDirectoryName(OnDisk(path))!);
        File.WriteAllText(OnDisk(path), content);
    }

    public Task PlantPipeAsync(string path) => RunAsync("mkfifo", OnDisk(path));

    public Task PlantHardLinkAsync(string path, string target) => RunAsync("ln", target, OnDisk(path));

    public void Dispose()
    {
        // What tests plant is more than Directory.Delete can remove.
        using var parent = DirectoryHandle.Open(_folder.Parent!.FullName, out _)!;
        TreeRemoval.Remove(parent, EntryName.From(_folder.Name), CancellationToken.None);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0);
    }

    private static WorkspacePath Named(string path) => WorkspacePath.Parse(path).Value;
}
