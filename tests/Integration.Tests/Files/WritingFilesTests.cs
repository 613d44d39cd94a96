using System.Security.Cryptography;
using System.Text;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Files;

public sealed class WritingFilesTests
{
    private const UnixFileMode OwnerOnlyFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    [Fact]
    public void Prepare_WhenNew_ShouldMakeFoldersForTheOwnerAlone()
    {
        using var workspace = new TestWorkspace();

        new DirectoryInfo(workspace.Location.WorkspacePath).UnixFileMode.ShouldBe(OwnerOnlyFolder);
        new DirectoryInfo(workspace.Location.HomePath).UnixFileMode.ShouldBe(OwnerOnlyFolder);
        Path.GetFileName(workspace.Location.WorkspacePath).ShouldBe(workspace.Session.ToString());
    }

    [Fact]
    public async Task Prepare_WhenThereAlready_ShouldKeepWhatIsInIt()
    {
        using var workspace = new TestWorkspace();
        await workspace.WriteAsync("kept.txt");

        workspace.Files.Prepare(workspace.Session).ShouldBe(workspace.Location);

        (await workspace.ReadAsync("kept.txt")).IsSuccess.ShouldBeTrue();
    }

    [Theory]
    [InlineData(Resolver.OpenAt2)]
    [InlineData(Resolver.ComponentWise)]
    public async Task Write_WhenFoldersAreMissing_ShouldMakeThemForTheOwnerAlone(Resolver resolver)
    {
        using var workspace = new TestWorkspace(resolver);

        var written = await workspace.WriteAsync("src/app/main.py", "print()");

        written.Value.Created.ShouldBeTrue();
        written.Value.Size.ShouldBe(7);
        written.Value.Sha256.ShouldBe(Convert.ToHexStringLower(SHA256.HashData("print()"u8)));
        File.ReadAllText(workspace.OnDisk("src/app/main.py")).ShouldBe("print()");
        File.GetUnixFileMode(workspace.OnDisk("src/app")).ShouldBe(OwnerOnlyFolder);
        Directory.GetFiles(workspace.OnDisk("src/app")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Write_WhenTakenAndNotToBeReplaced_ShouldLeaveTheOldFile()
    {
        using var workspace = new TestWorkspace();
        await workspace.WriteAsync("a.txt", "old");

        var refused = await workspace.WriteAsync("a.txt", "new");

        refused.Error!.Code.ShouldBe("FILE_005");
        File.ReadAllText(workspace.OnDisk("a.txt")).ShouldBe("old");
        Directory.GetFiles(workspace.Location.WorkspacePath).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Write_WhenReplacing_ShouldKeepTheFilesPermissions()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("run.sh", "old");
        File.SetUnixFileMode(workspace.OnDisk("run.sh"), OwnerOnlyFolder);

        var written = await workspace.WriteAsync("run.sh", "new", overwrite: true);

        written.Value.Created.ShouldBeFalse();
        File.ReadAllText(workspace.OnDisk("run.sh")).ShouldBe("new");
        File.GetUnixFileMode(workspace.OnDisk("run.sh")).ShouldBe(OwnerOnlyFolder);
    }

    [Fact]
    public async Task Write_WhenReplacing_ShouldNeverShowAHalfWrittenFile()
    {
        using var workspace = new TestWorkspace();
        var contents = new[] { 'a', 'b' }.Select(letter => Encoding.ASCII.GetBytes(new string(letter, 256 * 1024))).ToArray();
        await workspace.WriteAsync("big.bin", contents[0]);

        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 40; i++)
            {
                await workspace.WriteAsync("big.bin", contents[i % 2], overwrite: true);
            }
        });

        do
        {
            var seen = (await workspace.ReadAsync("big.bin")).Value.Content;
            contents.Any(content => seen.Span.SequenceEqual(content)).ShouldBeTrue();
        }
        while (!writing.IsCompleted);
        await writing;
    }

    [Fact]
    public async Task Write_WhenLargerThanAFileMayBe_ShouldRefuse()
    {
        using var workspace = new TestWorkspace(maxFileBytes: 10);

        (await workspace.WriteAsync("fits", new byte[10])).IsSuccess.ShouldBeTrue();
        var refused = await workspace.WriteAsync("too-large", new byte[11]);

        refused.Error!.Code.ShouldBe("FILE_001");
        refused.Error.Details["limit"].ShouldBe(10L);
    }

    [Fact]
    public async Task Write_WhenFiftyRaceForRoomForTwenty_ShouldLetExactlyTwentyIn()
    {
        using var workspace = new TestWorkspace(maxWorkspaceBytes: 20 * 1000);

        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(() => workspace.WriteAsync($"d{i % 5}/f{i}", new byte[1000]))));

        results.Count(result => result.IsSuccess).ShouldBe(20);
        results.Where(result => !result.IsSuccess).ShouldAllBe(result => result.Error!.Code == "FILE_006");
        var usage = await workspace.MeasureAsync();
        usage.SizeBytes.ShouldBe(20_000);
        usage.FileCount.ShouldBe(20);
    }

    [Fact]
    public async Task Write_WhenReplacingInAFullWorkspace_ShouldCountTheRoomThatIsFreed()
    {
        using var workspace = new TestWorkspace(maxWorkspaceBytes: 100);
        await workspace.WriteAsync("full", new byte[100]);

        var same = await workspace.WriteAsync("full", new byte[100], overwrite: true);
        var larger = await workspace.WriteAsync("full", new byte[101], overwrite: true);

        same.IsSuccess.ShouldBeTrue();
        larger.Error!.Code.ShouldBe("FILE_006");
    }

    [Fact]
    public async Task Write_WhenReplacedFileHasAnotherName_ShouldNotCountItsRoomAsFreed()
    {
        using var workspace = new TestWorkspace(maxWorkspaceBytes: 100);
        await workspace.WriteAsync("one", new byte[100]);
        await workspace.PlantHardLinkAsync("two", workspace.OnDisk("one"));

        var refused = await workspace.WriteAsync("one", new byte[1], overwrite: true);

        refused.Error!.Code.ShouldBe("FILE_006");
    }

    [Fact]
    public async Task Write_WhenSessionIsGone_ShouldNotBringItsFolderBack()
    {
        using var workspace = new TestWorkspace();
        await workspace.Files.RemoveAsync(workspace.Session, CancellationToken.None);

        var refused = await workspace.WriteAsync("a.txt");

        refused.Error!.Code.ShouldBe("FILE_004");
        Directory.Exists(workspace.Location.WorkspacePath).ShouldBeFalse();
    }

    [Fact]
    public async Task Measure_WhenAFileHasTwoNames_ShouldCountItOnce()
    {
        using var workspace = new TestWorkspace();
        await workspace.WriteAsync("a/one", new byte[70]);
        await workspace.PlantHardLinkAsync("two", workspace.OnDisk("a/one"));

        var usage = await workspace.MeasureAsync();

        usage.SizeBytes.ShouldBe(70);
        usage.FileCount.ShouldBe(1);
        usage.MaxSizeBytes.ShouldBe(100 << 20);
    }
}
