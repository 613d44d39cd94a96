using System.Diagnostics;
using Claudy.Domain.Workspaces;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Files;

public sealed class WorkspaceUsageLedgerTests
{
    private const int Writers = 50;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Write_WhenFiftyComeAtOnce_ShouldTakeExactlyWhatFits(bool isWatched)
    {
        using var workspace = new TestWorkspace(maxWorkspaceBytes: 21_500);
        await workspace.WriteAsync("first.bin", new byte[1_000]);
        if (isWatched)
        {
            await workspace.WatchAsync();
        }

        var written = await Task.WhenAll(Enumerable.Range(0, Writers).Select(i => Task.Run(() => workspace.WriteAsync($"d{i % 7}/{i}.bin", new byte[1_000]))));

        written.Count(result => result.IsSuccess).ShouldBe(20);
        written.Where(result => !result.IsSuccess).ShouldAllBe(result => result.Error!.Code == "FILE_006");
        (await workspace.MeasureAsync()).SizeBytes.ShouldBe(21_000);
        (await workspace.Files.MeasureAnewAsync(workspace.Session, default)).SizeBytes.ShouldBe(21_000);
    }

    [Fact]
    public async Task MakeDirectory_WhenThereAreAsManyAsMayBe_ShouldRefuse()
    {
        using var workspace = new TestWorkspace(maxFiles: 10);
        var made = new List<string?>();
        for (var i = 0; i < 30; i++)
        {
            made.Add((await workspace.MakeDirectoryAsync($"d{i}")).Error?.Code);
        }

        made.Count(code => code is null).ShouldBe(20);
        made[^1].ShouldBe("FILE_006");
    }

    [Fact]
    public async Task MeasureAndWrite_WhileACommandRemovesFolders_ShouldWork()
    {
        using var workspace = new TestWorkspace();
        await workspace.WatchAsync();
        var churn = workspace.ShellAsync("i=0; while [ $i -lt 300 ]; do mkdir -p a/b/c/d e/f; rm -rf a e; i=$((i+1)); done");

        while (!churn.IsCompleted)
        {
            (await workspace.WriteAsync("kept.txt", overwrite: true)).IsSuccess.ShouldBeTrue();
            await workspace.Files.MeasureAnewAsync(workspace.Session, default);
        }

        await churn;
        (await workspace.MeasureAsync()).FileCount.ShouldBe(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Write_WhenFiftyComeAtOnce_ShouldTakeExactlySoManyFiles(bool isWatched)
    {
        using var workspace = new TestWorkspace(maxFiles: 12);
        if (isWatched)
        {
            await workspace.WatchAsync();
        }

        var written = await Task.WhenAll(Enumerable.Range(0, Writers).Select(i => Task.Run(() => workspace.WriteAsync($"{i}.txt"))));

        written.Count(result => result.IsSuccess).ShouldBe(12);
        Directory.GetFiles(workspace.Location.WorkspacePath).Length.ShouldBe(12);
        (await workspace.WriteAsync("0.txt", "other", overwrite: true)).IsSuccess.ShouldBe(File.Exists(workspace.OnDisk("0.txt")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Write_WhenOneFileIsReplacedByFiftyAtOnce_ShouldCountItOnce(bool isWatched)
    {
        using var workspace = new TestWorkspace(maxWorkspaceBytes: 2_500);
        await workspace.WriteAsync("a.bin", new byte[1_000]);
        await workspace.WriteAsync("b.bin", new byte[500]);
        if (isWatched)
        {
            await workspace.WatchAsync();
        }

        var written = await Task.WhenAll(Enumerable.Range(0, Writers).Select(i => Task.Run(() => workspace.WriteAsync("a.bin", new byte[1_000 + i], overwrite: true))));

        written.ShouldAllBe(result => result.IsSuccess);
        (await workspace.MeasureAsync()).ShouldBe(await workspace.Files.MeasureAnewAsync(workspace.Session, default));
        workspace.News.Exceeded.ShouldBeEmpty();
    }

    [Fact]
    public async Task Write_WhenWhatOthersWroteIsInTheWay_ShouldFindRoomOnceItIsGone()
    {
        using var workspace = new TestWorkspace(maxWorkspaceBytes: 10_000);
        await workspace.WriteAsync("small.txt");
        workspace.PlantFile("big.bin", new string('x', 20_000));
        await workspace.Files.MeasureAnewAsync(workspace.Session, default);
        var refused = await workspace.WriteAsync("more.txt");

        File.Delete(workspace.OnDisk("big.bin"));
        var taken = await workspace.WriteAsync("more.txt");

        refused.Error!.Code.ShouldBe("FILE_006");
        taken.IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Measure_WhenFilesHaveSeveralNames_ShouldCountEachOnce_WatchedToo()
    {
        using var workspace = new TestWorkspace();
        await workspace.WatchAsync();
        workspace.PlantFile("one.txt", "12345");
        await workspace.PlantHardLinkAsync("two.txt", workspace.OnDisk("one.txt"));
        await RecordedNews.UntilAsync(() => workspace.News.Files.Count == 2, () => "both names were told");

        var both = await workspace.MeasureAsync();
        File.Delete(workspace.OnDisk("one.txt"));
        await workspace.News.UntilToldAsync("one.txt", FileChange.Deleted);

        (both.FileCount, both.SizeBytes).ShouldBe((1, 5));
        var one = await workspace.MeasureAsync();
        (one.FileCount, one.SizeBytes).ShouldBe((1, 5));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Write_WhenThereAreTwentyThousandFiles_ShouldNotLookAtThemEachTime(bool isWatched)
    {
        using var workspace = new TestWorkspace(maxFiles: 21_000);
        await workspace.ShellAsync("for d in $(seq 100); do mkdir $d; seq -f \"$d/%g\" 200 | xargs touch; done");

        if (isWatched)
        {
            await workspace.WatchAsync();
        }

        var began = Stopwatch.GetTimestamp();
        var usage = await workspace.Files.MeasureAnewAsync(workspace.Session, default);
        var walk = Stopwatch.GetElapsedTime(began);
        began = Stopwatch.GetTimestamp();
        for (var i = 0; i < 100; i++)
        {
            await workspace.MeasureAsync();
        }

        var books = Stopwatch.GetElapsedTime(began);
        usage.FileCount.ShouldBe(20_000);
        books.ShouldBeLessThan(walk, "a hundred looks into the books cost less than one walk");
    }
}
