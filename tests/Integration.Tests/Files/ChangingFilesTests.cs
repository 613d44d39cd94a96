using Claudy.Application.Files.Ports;
using Claudy.Domain.Workspaces;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Files;

public sealed class ChangingFilesTests
{
    [Fact]
    public async Task Move_WhenTheNewNameIsFree_ShouldMoveFilesAndFolders()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("a/inner/file", "content");

        var file = await workspace.MoveAsync("a/inner/file", "b/c/renamed");
        var folder = await workspace.MoveAsync("a", "b/d");

        file.Value.ShouldBe(new MovedFile(WorkspacePath.Parse("a/inner/file").Value, WorkspacePath.Parse("b/c/renamed").Value, IsDirectory: false));
        folder.Value.IsDirectory.ShouldBeTrue();
        File.ReadAllText(workspace.OnDisk("b/c/renamed")).ShouldBe("content");
        Directory.Exists(workspace.OnDisk("b/d/inner")).ShouldBeTrue();
        Directory.Exists(workspace.OnDisk("a")).ShouldBeFalse();
    }

    [Fact]
    public async Task Move_WhenTheNewNameIsTaken_ShouldReplaceOnlyWhenAskedTo()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("new", "new");
        workspace.PlantFile("old", "old");

        var refused = await workspace.MoveAsync("new", "old");
        var before = File.ReadAllText(workspace.OnDisk("old"));
        var moved = await workspace.MoveAsync("new", "old", overwrite: true);

        refused.Error!.Code.ShouldBe("FILE_005");
        before.ShouldBe("old");
        moved.IsSuccess.ShouldBeTrue();
        File.ReadAllText(workspace.OnDisk("old")).ShouldBe("new");
        File.Exists(workspace.OnDisk("new")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("missing", "b", false, "FILE_004")]
    [InlineData("folder", "folder/below", false, "FILE_003")]
    [InlineData("folder", "folder/a/b/c", true, "FILE_003")]
    [InlineData("file", "folder", true, "FILE_007")]
    [InlineData("folder", "file", true, "FILE_007")]
    [InlineData("file", "file/below", false, "FILE_003")]
    [InlineData("file", "other/below", false, "FILE_007")]
    [InlineData("empty", "folder", true, "FILE_014")]
    [InlineData("empty", "folder", false, "FILE_005")]
    public async Task Move_WhenItCannotBe_ShouldSayWhyAndChangeNothing(string from, string to, bool overwrite, string code)
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("file");
        workspace.PlantFile("other");
        workspace.PlantFile("folder/kept");
        Directory.CreateDirectory(workspace.OnDisk("empty"));

        var refused = await workspace.MoveAsync(from, to, overwrite);

        refused.Error!.Code.ShouldBe(code, refused.Error.Message);
        File.Exists(workspace.OnDisk("file")).ShouldBeTrue();
        File.Exists(workspace.OnDisk("other")).ShouldBeTrue();
        File.Exists(workspace.OnDisk("folder/kept")).ShouldBeTrue();
        Directory.Exists(workspace.OnDisk("empty")).ShouldBeTrue();
    }

    [Fact]
    public async Task Delete_WhenAFileOrAnEmptyFolder_ShouldRemoveIt()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("file");
        Directory.CreateDirectory(workspace.OnDisk("empty"));

        (await workspace.DeleteAsync("file")).IsSuccess.ShouldBeTrue();
        (await workspace.DeleteAsync("empty")).IsSuccess.ShouldBeTrue();

        Directory.EnumerateFileSystemEntries(workspace.Location.WorkspacePath).ShouldBeEmpty();
        (await workspace.DeleteAsync("file")).Error!.Code.ShouldBe("FILE_004");
    }

    [Fact]
    public async Task Delete_WhenAFolderIsNotEmpty_ShouldRemoveItOnlyWhenAskedTo()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("folder/a/b/file");
        workspace.PlantFile("folder/read-only/file");
        File.SetUnixFileMode(workspace.OnDisk("folder/read-only"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.SetUnixFileMode(workspace.OnDisk("folder"), UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var refused = await workspace.DeleteAsync("folder");
        var stillThere = Directory.Exists(workspace.OnDisk("folder/a/b"));
        var deleted = await workspace.DeleteAsync("folder", recursive: true);

        refused.Error!.Code.ShouldBe("FILE_014");
        stillThere.ShouldBeTrue();
        deleted.IsSuccess.ShouldBeTrue(deleted.Error?.Message);
        Directory.EnumerateFileSystemEntries(workspace.Location.WorkspacePath).ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(Path.Combine(workspace.StagingPath, workspace.Session.ToString())).ShouldBeEmpty();
    }

    [Fact]
    public async Task MakeDirectory_ShouldMakeAllOnTheWay()
    {
        using var workspace = new TestWorkspace();

        (await workspace.MakeDirectoryAsync("a/b/c")).Value.ShouldBeTrue();
        (await workspace.MakeDirectoryAsync("a/b/c")).Value.ShouldBeFalse();

        File.GetUnixFileMode(workspace.OnDisk("a/b/c")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task MakeDirectory_WhenSomethingElseIsThere_ShouldRefuse()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("file");
        Directory.CreateSymbolicLink(workspace.OnDisk("link"), workspace.Outside);

        (await workspace.MakeDirectoryAsync("file")).Error!.Code.ShouldBe("FILE_007");
        (await workspace.MakeDirectoryAsync("file/below")).Error!.Code.ShouldBe("FILE_007");
        (await workspace.MakeDirectoryAsync("link")).Error!.Code.ShouldBe("FILE_007");
    }

    [Fact]
    public async Task AnyChange_WhenTheSessionIsGone_ShouldNotBringItsFolderBack()
    {
        using var workspace = new TestWorkspace();
        await workspace.Files.RemoveAsync(workspace.Session, CancellationToken.None);

        (await workspace.MakeDirectoryAsync("a")).Error!.Code.ShouldBe("FILE_004");
        (await workspace.MoveAsync("a", "b")).Error!.Code.ShouldBe("FILE_004");
        (await workspace.DeleteAsync("a", recursive: true)).Error!.Code.ShouldBe("FILE_004");
        Directory.Exists(workspace.Location.WorkspacePath).ShouldBeFalse();
    }
}
