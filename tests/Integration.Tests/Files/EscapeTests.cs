using System.Runtime.InteropServices;
using Claudy.Infrastructure.Files;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Files;

/// <summary>What Claude may plant in a workspace, and where none of it may lead.</summary>
public sealed class EscapeTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(Resolver.OpenAt2)]
    [InlineData(Resolver.ComponentWise)]
    public async Task AnyWork_WhenALinkIsOnTheWay_ShouldRefuse(Resolver resolver)
    {
        using var workspace = new TestWorkspace(resolver);
        File.WriteAllText(Path.Combine(workspace.Outside, "secret"), "secret");
        Directory.CreateDirectory(workspace.OnDisk("real"));
        Directory.CreateSymbolicLink(workspace.OnDisk("real/link"), workspace.Outside);

        (await workspace.WriteAsync("real/link/planted")).Error!.Code.ShouldBe("FILE_003");
        (await workspace.WriteAsync("real/link/deeper/planted")).Error!.Code.ShouldBe("FILE_003");
        (await workspace.ReadAsync("real/link/secret")).Error!.Code.ShouldBe("FILE_003");
        (await workspace.ListAsync("real/link")).Error!.Code.ShouldBe("FILE_003");
        Directory.GetFileSystemEntries(workspace.Outside).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(Resolver.OpenAt2)]
    [InlineData(Resolver.ComponentWise)]
    public async Task ReadAndWrite_WhenTheNameItselfIsALink_ShouldRefuse(Resolver resolver)
    {
        using var workspace = new TestWorkspace(resolver);
        var secret = Path.Combine(workspace.Outside, "secret");
        File.WriteAllText(secret, "secret");
        File.CreateSymbolicLink(workspace.OnDisk("link"), secret);

        (await workspace.ReadAsync("link")).Error!.Code.ShouldBe("FILE_003");
        (await workspace.WriteAsync("link", overwrite: true)).Error!.Code.ShouldBe("FILE_007");
        File.ReadAllText(secret).ShouldBe("secret");
    }

    [Fact]
    public async Task Write_WhenTheWorkspaceItselfBecameALink_ShouldRefuse()
    {
        using var workspace = new TestWorkspace();
        Directory.Delete(workspace.Location.WorkspacePath);
        Directory.CreateSymbolicLink(workspace.Location.WorkspacePath, workspace.Outside);

        var refused = await workspace.WriteAsync("planted");

        refused.IsSuccess.ShouldBeFalse();
        Directory.GetFileSystemEntries(workspace.Outside).ShouldBeEmpty();
    }

    [Fact]
    public async Task Write_WhenReplacingAHardLinkedFile_ShouldLeaveTheOtherNameAlone()
    {
        using var workspace = new TestWorkspace();
        var other = Path.Combine(workspace.Outside, "other");
        File.WriteAllText(other, "kept");
        await workspace.PlantHardLinkAsync("name", other);

        (await workspace.WriteAsync("name", "new", overwrite: true)).IsSuccess.ShouldBeTrue();

        File.ReadAllText(other).ShouldBe("kept");
    }

    [Theory]
    [InlineData(Resolver.OpenAt2)]
    [InlineData(Resolver.ComponentWise)]
    public async Task ReadAndWrite_WhenAFileIsOnTheWay_ShouldRefuse(Resolver resolver)
    {
        using var workspace = new TestWorkspace(resolver);
        workspace.PlantFile("file");

        (await workspace.ReadAsync("file/below")).Error!.Code.ShouldBe("FILE_007");
        (await workspace.WriteAsync("file/below")).Error!.Code.ShouldBe("FILE_007");
        (await workspace.ListAsync("file")).Error!.Code.ShouldBe("FILE_007");
    }

    [Fact]
    public async Task ReadAndWrite_WhenTheNameIsAPipe_ShouldRefuseWithoutWaitingForItsOtherEnd()
    {
        using var workspace = new TestWorkspace();
        await workspace.PlantPipeAsync("pipe");

        (await workspace.ReadAsync("pipe").WaitAsync(Deadline)).Error!.Code.ShouldBe("FILE_007");
        (await workspace.WriteAsync("pipe", overwrite: true).WaitAsync(Deadline)).Error!.Code.ShouldBe("FILE_007");
    }

    [Fact]
    public async Task ReadAndWrite_WhenTheNameIsAFolder_ShouldRefuse()
    {
        using var workspace = new TestWorkspace();
        Directory.CreateDirectory(workspace.OnDisk("folder"));

        (await workspace.ReadAsync("folder")).Error!.Code.ShouldBe("FILE_007");
        (await workspace.WriteAsync("folder", overwrite: true)).Error!.Code.ShouldBe("FILE_007");
    }

    [Theory]
    [InlineData(Resolver.OpenAt2)]
    [InlineData(Resolver.ComponentWise)]
    public async Task AnyWork_WhenAFolderIsSwappedForALinkMeanwhile_ShouldStayInside(Resolver resolver)
    {
        using var workspace = new TestWorkspace(resolver);
        var secret = Path.Combine(workspace.Outside, "secret");
        File.WriteAllText(secret, "outside");
        File.WriteAllText(Path.Combine(workspace.Outside, "only-outside"), "outside");
        workspace.PlantFile("folder/secret", "inside");
        using var stop = new CancellationTokenSource(Deadline);
        var swapping = Task.Factory.StartNew(() => Swap(workspace, stop.Token), TaskCreationOptions.LongRunning);

        int tries = 0, accepted = 0, refused = 0;
        while (!stop.IsCancellationRequested && (accepted < 100 || refused < 100))
        {
            var written = await workspace.WriteAsync($"folder/sub{tries++ % 3}/file", overwrite: true);
            var read = await workspace.ReadAsync("folder/secret");
            var listed = await workspace.ListAsync(recursive: true);

            accepted += written.IsSuccess ? 1 : 0;
            refused += written.Error?.Code == "FILE_003" ? 1 : 0;
            (read.IsSuccess && read.Value.Content.Span.SequenceEqual("outside"u8)).ShouldBeFalse();
            listed.Value.Entries.ShouldNotContain(entry => entry.Path.Name == "only-outside");
        }

        var wasInTime = !stop.IsCancellationRequested;
        await stop.CancelAsync();
        await swapping;
        wasInTime.ShouldBeTrue($"{accepted} writes met the folder and {refused} the link: too few to tell");
        Directory.GetFileSystemEntries(workspace.Outside).Length.ShouldBe(2);
        File.ReadAllText(secret).ShouldBe("outside");
    }

    [Fact]
    public async Task Remove_WhenLinksLeadOut_ShouldRemoveTheLinksAlone()
    {
        using var workspace = new TestWorkspace();
        File.WriteAllText(Path.Combine(workspace.Outside, "kept"), "kept");
        Directory.CreateSymbolicLink(workspace.OnDisk("link"), workspace.Outside);
        Directory.CreateSymbolicLink(Path.Combine(workspace.Location.HomePath, "link"), workspace.Outside);

        await workspace.Files.RemoveAsync(workspace.Session, CancellationToken.None);

        Directory.Exists(workspace.Location.WorkspacePath).ShouldBeFalse();
        Directory.Exists(workspace.Location.HomePath).ShouldBeFalse();
        File.Exists(Path.Combine(workspace.Outside, "kept")).ShouldBeTrue();
    }

    [Fact]
    public async Task Remove_WhenFoldersAreNestedDeeperThanAPathCanSay_ShouldRemoveThemAll()
    {
        using var workspace = new TestWorkspace();
        NestFolders(workspace.Location.WorkspacePath, levels: 3000);

        await workspace.Files.RemoveAsync(workspace.Session, CancellationToken.None);

        Directory.Exists(workspace.Location.WorkspacePath).ShouldBeFalse();
    }

    [Fact]
    public async Task Remove_WhenFoldersAndNamesAreOdd_ShouldRemoveThemAll()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("read-only/file");
        workspace.PlantFile("closed/file");
        await workspace.PlantPipeAsync("pipe");
        PlantNameThatIsNoText(workspace.Location.WorkspacePath);
        File.SetUnixFileMode(workspace.OnDisk("read-only"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.SetUnixFileMode(workspace.OnDisk("closed"), UnixFileMode.None);

        await workspace.Files.RemoveAsync(workspace.Session, CancellationToken.None);
        await workspace.Files.RemoveAsync(workspace.Session, CancellationToken.None);

        Directory.Exists(workspace.Location.WorkspacePath).ShouldBeFalse();
    }

    [Fact]
    public async Task List_WhenANameIsNoPathOfAWorkspace_ShouldLeaveItOut()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("plain");
        workspace.PlantFile("back\\slash");
        workspace.PlantFile("right\u202Eleft/inner");
        PlantNameThatIsNoText(workspace.Location.WorkspacePath);

        var page = await workspace.ListAsync(recursive: true);

        page.Value.Entries.ShouldHaveSingleItem().Path.Value.ShouldBe("plain");
        (await workspace.MeasureAsync()).FileCount.ShouldBe(4);
    }

    private static void Swap(TestWorkspace workspace, CancellationToken cancellationToken)
    {
        const int currentFolder = -100;
        const uint exchange = 2;
        Directory.CreateSymbolicLink(workspace.OnDisk("link"), workspace.Outside);
        while (!cancellationToken.IsCancellationRequested)
        {
            RenameAt2(currentFolder, workspace.OnDisk("folder"), currentFolder, workspace.OnDisk("link"), exchange).ShouldBe(0);
        }
    }

    [DllImport("libc", EntryPoint = "renameat2", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int RenameAt2(
        int fromFolder, [MarshalAs(UnmanagedType.LPUTF8Str)] string from, int toFolder, [MarshalAs(UnmanagedType.LPUTF8Str)] string to, uint flags);

    private static void NestFolders(string path, int levels)
    {
        var name = EntryName.From("nested");
        var folder = DirectoryHandle.Open(path, out _)!;
        for (var level = 0; level < levels; level++)
        {
            using var above = folder;
            above.MakeFolder(name).ShouldBe(Errno.None);
            folder = above.OpenFolder(name, out _)!;
        }

        folder.Dispose();
    }

    private static void PlantNameThatIsNoText(string path)
    {
        using var folder = DirectoryHandle.Open(path, out _)!;
        using var file = folder.CreateFile(EntryName.From([0xFF, 0xFE, (byte)'x', 0]), 0b110_000_000, out var error);
        error.ShouldBe(Errno.None);
    }
}
