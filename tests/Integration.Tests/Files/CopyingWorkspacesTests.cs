using Claudy.Application.Files.Ports;
using Claudy.Domain.Sessions;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Files;

public sealed class CopyingWorkspacesTests
{
    private readonly SessionId _fork = new(Guid.NewGuid());

    [Fact]
    public async Task Copy_ShouldCopyFilesAndFoldersWithModeAndTime()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("a/b/run.sh", "#!/bin/sh");
        Directory.CreateDirectory(workspace.OnDisk("empty"));
        File.SetUnixFileMode(workspace.OnDisk("a/b/run.sh"), (UnixFileMode)0b111_101_101);
        var time = new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(workspace.OnDisk("a/b/run.sh"), time);

        var copied = await CopyAsync(workspace);

        copied.Value.ShouldBe(new WorkspaceCopy(Files: 1, SizeBytes: 9, Skipped: 0));
        var copy = workspace.Files.Prepare(_fork).WorkspacePath;
        File.ReadAllText(Path.Combine(copy, "a/b/run.sh")).ShouldBe("#!/bin/sh");
        File.GetUnixFileMode(Path.Combine(copy, "a/b/run.sh")).ShouldBe((UnixFileMode)0b111_101_101);
        File.GetLastWriteTimeUtc(Path.Combine(copy, "a/b/run.sh")).ShouldBe(time);
        Directory.Exists(Path.Combine(copy, "empty")).ShouldBeTrue();
    }

    [Fact]
    public async Task Copy_WhenThereAreLinksAndPipes_ShouldLeaveThemOutAndSaySo()
    {
        using var workspace = new TestWorkspace();
        File.WriteAllText(Path.Combine(workspace.Outside, "secret"), "secret");
        File.CreateSymbolicLink(workspace.OnDisk("file-link"), Path.Combine(workspace.Outside, "secret"));
        Directory.CreateSymbolicLink(workspace.OnDisk("folder-link"), workspace.Outside);
        await workspace.PlantPipeAsync("pipe");
        workspace.PlantFile("real");

        var copied = await CopyAsync(workspace).WaitAsync(TimeSpan.FromSeconds(30));

        copied.Value.Skipped.ShouldBe(3);
        Directory.GetFileSystemEntries(workspace.Files.Prepare(_fork).WorkspacePath).Select(Path.GetFileName).ShouldBe(["real"]);
    }

    [Fact]
    public async Task Copy_WhenAFileHasSeveralNames_ShouldMakeFilesOfTheirOwn()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("one", "shared");
        await workspace.PlantHardLinkAsync("two", workspace.OnDisk("one"));

        await CopyAsync(workspace);
        var copy = workspace.Files.Prepare(_fork).WorkspacePath;
        File.WriteAllText(Path.Combine(copy, "one"), "changed");

        File.ReadAllText(Path.Combine(copy, "two")).ShouldBe("shared");
        File.ReadAllText(workspace.OnDisk("one")).ShouldBe("shared");
    }

    [Fact]
    public async Task Copy_WhenItIsMoreThanAWorkspaceMayHold_ShouldRefuse()
    {
        using var workspace = new TestWorkspace(maxWorkspaceBytes: 100);
        workspace.PlantFile("a", new string('x', 60));
        workspace.PlantFile("b", new string('x', 60));

        (await CopyAsync(workspace)).Error!.Code.ShouldBe("FILE_006");
    }

    [Fact]
    public async Task Copy_WhenThereIsNoWorkspace_ShouldCopyNothing()
    {
        using var workspace = new TestWorkspace();
        workspace.Files.Prepare(_fork);

        (await workspace.Files.CopyAsync(new SessionId(Guid.NewGuid()), _fork, CancellationToken.None)).Value.Files.ShouldBe(0);
    }

    private async Task<Domain.Shared.Result<WorkspaceCopy>> CopyAsync(TestWorkspace workspace)
    {
        workspace.Files.Prepare(_fork);
        return await workspace.Files.CopyAsync(workspace.Session, _fork, CancellationToken.None);
    }
}
