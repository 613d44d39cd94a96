using System.Diagnostics;
using System.Text;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Claudy.Infrastructure.Files;
using Claudy.Infrastructure.Scanning;
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

    public TestWorkspace(
        Resolver resolver = Resolver.OpenAt2, long maxFileBytes = 10 << 20, long maxWorkspaceBytes = 100 << 20, IContentScanner? scanner = null)
    {
        var options = new WorkspaceOptions
        {
            BasePath = Path.Combine(_folder.FullName, "workspaces"),
            HomesPath = Path.Combine(_folder.FullName, "homes"),
            MaxFileBytes = maxFileBytes,
            MaxWorkspaceBytes = maxWorkspaceBytes,
        };
        Files = new WorkspaceFiles(
            Options.Create(options),
            resolver == Resolver.OpenAt2 ? BeneathResolver.OpenAt2.Instance : BeneathResolver.ComponentWise.Instance,
            scanner ?? new CombinedScanner([]));
        Location = Files.Prepare(Session);
        Outside = _folder.CreateSubdirectory("outside").FullName;
    }

    public SessionId Session { get; } = new(Guid.NewGuid());

    public WorkspaceFiles Files { get; }

    public WorkspaceLocation Location { get; }

    public string Outside { get; }

    /// <summary>Where a name of the workspace is on this machine: what Claude does, tests do by path.</summary>
    public string OnDisk(string path) => Path.Combine(Location.WorkspacePath, path);

    public Task<Result<WrittenFile>> WriteAsync(string path, string content = "content", bool overwrite = false) =>
        WriteAsync(path, Encoding.UTF8.GetBytes(content), overwrite);

    public Task<Result<WrittenFile>> WriteAsync(string path, byte[] content, bool overwrite = false) =>
        Files.WriteAsync(Session, Named(path), content, overwrite, CancellationToken.None);

    public Task<Result<FileRange>> ReadAsync(string path, long offset = 0, long? length = null) =>
        Files.ReadAsync(Session, Named(path), offset, length, CancellationToken.None);

    public Task<Result<FilePage>> ListAsync(string? path = null, bool recursive = false, int limit = 1000, string? cursor = null) =>
        Files.ListAsync(Session, path is null ? null : Named(path), recursive, limit, cursor, CancellationToken.None);

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
