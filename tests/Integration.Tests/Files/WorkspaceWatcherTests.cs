using Claudy.Domain.Workspaces;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Files;

public sealed class WorkspaceWatcherTests
{
    [Fact]
    public async Task Watch_WhenFilesChange_ShouldTellHow()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("src/kept.txt", "old");
        workspace.PlantFile("src/gone.txt");
        await workspace.WatchAsync();

        workspace.PlantFile("new.txt");
        workspace.PlantFile("src/deep/er/new.txt");
        await File.AppendAllTextAsync(workspace.OnDisk("src/kept.txt"), "more");
        File.Delete(workspace.OnDisk("src/gone.txt"));

        await workspace.News.UntilToldAsync("new.txt", FileChange.Created);
        await workspace.News.UntilToldAsync("src/deep/er/new.txt", FileChange.Created);
        await workspace.News.UntilToldAsync("src/kept.txt", FileChange.Modified);
        await workspace.News.UntilToldAsync("src/gone.txt", FileChange.Deleted);
        (await workspace.MeasureAsync()).ShouldBe(await workspace.Files.MeasureAnewAsync(workspace.Session, default));
    }

    [Fact]
    public async Task Watch_WhenAFolderIsMoved_ShouldFollowItAndTellBothEnds()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("a/b/c.txt");
        await workspace.WatchAsync();

        Directory.Move(workspace.OnDisk("a"), workspace.OnDisk("z"));
        await workspace.News.UntilToldAsync("z/b/c.txt", FileChange.Created);
        await workspace.News.UntilToldAsync("a/b/c.txt", FileChange.Deleted);
        workspace.PlantFile("z/b/d.txt");

        await workspace.News.UntilToldAsync("z/b/d.txt", FileChange.Created);
        (await workspace.MeasureAsync()).FileCount.ShouldBe(2);
    }

    [Fact]
    public async Task Watch_WhenLinksLeadOut_ShouldNotLookThere()
    {
        using var workspace = new TestWorkspace();
        await workspace.WatchAsync();

        Directory.CreateSymbolicLink(workspace.OnDisk("out"), workspace.Outside);
        await workspace.News.UntilToldAsync("out", FileChange.Created);
        await File.WriteAllTextAsync(Path.Combine(workspace.Outside, "secret.txt"), "secret");
        workspace.PlantFile("after.txt");
        await workspace.News.UntilToldAsync("after.txt", FileChange.Created);

        workspace.News.Files.ShouldNotContain(file => file.Path.Contains("secret"));
        (await workspace.MeasureAsync()).FileCount.ShouldBe(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Write_ByTheServer_ShouldBeToldOnce(bool isWatched)
    {
        using var workspace = new TestWorkspace();
        if (isWatched)
        {
            await workspace.WatchAsync();
        }

        await workspace.WriteAsync("src/main.py", "one");
        await workspace.News.UntilToldAsync("src/main.py", FileChange.Created);
        await workspace.WriteAsync("src/main.py", "three", overwrite: true);
        await workspace.News.UntilToldAsync("src/main.py", FileChange.Modified);
        await workspace.WriteAsync("end.txt");
        await workspace.News.UntilToldAsync("end.txt", FileChange.Created);

        workspace.News.Files.ShouldBe([new("src/main.py", FileChange.Created), new("src/main.py", FileChange.Modified), new("end.txt", FileChange.Created)]);
    }

    [Fact]
    public async Task Watch_WhenGitsOwnFilesChange_ShouldCountThemAndSayNothing()
    {
        using var workspace = new TestWorkspace();
        await workspace.WatchAsync();

        workspace.PlantFile(".git/objects/aa/bb", "12345");
        workspace.PlantFile("lib/.git/HEAD", "12345");
        workspace.PlantFile(".gitignore", "x");

        await workspace.News.UntilToldAsync(".gitignore", FileChange.Created);
        workspace.News.Files.ShouldHaveSingleItem();
        (await workspace.MeasureAsync()).SizeBytes.ShouldBe(11);
    }

    [Fact]
    public async Task Watch_WhenThousandsOfFilesChange_ShouldTellInFewPiecesAndSayThatThereAreMore()
    {
        using var workspace = new TestWorkspace();
        await workspace.WatchAsync();

        await workspace.ShellAsync("mkdir -p many && cd many && seq 1 5000 | xargs -n 500 touch");
        await RecordedNews.UntilAsync(() => workspace.Watcher.TotalsOf(workspace.Session)!.Value.Files == 5_000, () => "all were seen");
        await workspace.Watcher.CloseAsync(workspace.Session);

        await RecordedNews.UntilAsync(() => workspace.News.IsTruncated, () => "it was said that there are more");
        workspace.News.Calls.ShouldBeLessThan(20);
        workspace.News.Files.Count.ShouldBeLessThanOrEqualTo(workspace.News.Calls * 200);
    }

    [Fact]
    public async Task Watch_WhenTheKernelForgets_ShouldStillBeRightInTheEnd()
    {
        using var workspace = new TestWorkspace(maxFiles: 50_000);
        await workspace.WatchAsync();

        // Many times what the kernel keeps for one reader: 16,384 by default.
        await workspace.ShellAsync("i=0; while [ $i -lt 40 ]; do mkdir d$i && (cd d$i && seq 1 500 | xargs touch && seq 1 400 | xargs rm); i=$((i+1)); done");
        File.WriteAllText(workspace.OnDisk("d0/last.txt"), "12345");

        await RecordedNews.UntilAsync(
            () => workspace.Watcher.TotalsOf(workspace.Session) is { Files: 4_001, Bytes: 5 }, () => workspace.Watcher.TotalsOf(workspace.Session)!.Value.ToString());
    }

    [Fact]
    public async Task Watch_WhenMoreIsWrittenThanFits_ShouldSaySoAndRefuseTheServersOwnWrites()
    {
        using var workspace = new TestWorkspace(maxWorkspaceBytes: 10_000);
        await workspace.WatchAsync();

        workspace.PlantFile("big.bin", new string('x', 20_000));
        await RecordedNews.UntilAsync(() => workspace.News.Exceeded.Count == 1, () => "it was said");

        workspace.News.Exceeded[0].ShouldBe(new WorkspaceUsage(20_000, 1, 10_000, 20_000));
        (await workspace.WriteAsync("more.txt")).Error!.Code.ShouldBe("FILE_006");
        (await workspace.WriteAsync("big.bin", "small", overwrite: true)).IsSuccess.ShouldBeTrue();
        (await workspace.WriteAsync("more.txt")).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Watch_WhenThereAreMoreFilesOrFoldersThanMayBe_ShouldSaySo()
    {
        using var files = new TestWorkspace(maxFiles: 10);
        await files.WatchAsync();
        using var folders = new TestWorkspace(maxFiles: 10);
        await folders.WatchAsync();

        await files.ShellAsync("seq 1 11 | xargs touch");
        await folders.ShellAsync("seq 1 21 | xargs mkdir");

        await RecordedNews.UntilAsync(() => files.News.Exceeded is [{ FileCount: 11 }], () => "too many files");
        await RecordedNews.UntilAsync(() => folders.News.Exceeded is [{ FileCount: 11 }], () => "too many folders");
    }

    [Fact]
    public async Task Close_ShouldTellWhatChangedUpToThen()
    {
        using var workspace = new TestWorkspace();
        await workspace.WatchAsync();

        workspace.PlantFile("last.txt");
        await workspace.Watcher.CloseAsync(workspace.Session);

        await workspace.News.UntilToldAsync("last.txt", FileChange.Created);
        (await workspace.MeasureAsync()).FileCount.ShouldBe(1);
    }
}
