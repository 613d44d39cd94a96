using System.Diagnostics;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Files;

public sealed class CheckpointTests
{
    [Fact]
    public async Task Diff_SinceTheTurnBegan_ShouldShowWhatChanged_WhoeverChangedIt()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("kept.txt", "same\n");
        workspace.PlantFile("src/changed.txt", "one\ntwo\n");
        workspace.PlantFile("gone.txt", "old\n");
        await TakeAsync(workspace, 3, isBeginning: true);

        workspace.PlantFile("src/changed.txt", "one\nthree\n");
        workspace.PlantFile("new \"name\" ä.txt", "new\n");
        File.Delete(workspace.OnDisk("gone.txt"));
        var diff = await DiffAsync(workspace);

        diff.Value.SinceSeq.ShouldBe(3);
        diff.Value.UntilSeq.ShouldBeNull();
        diff.Value.Files.Select(file => (file.Path, file.Change)).ShouldBe(
            [("gone.txt", FileChange.Deleted), ("new \"name\" ä.txt", FileChange.Created), ("src/changed.txt", FileChange.Modified)]);
        diff.Value.Files[2].Diff.ShouldBe("--- a/src/changed.txt\n+++ b/src/changed.txt\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n");
        diff.Value.Files[1].Diff!.ShouldEndWith("+new\n");
    }

    [Fact]
    public async Task Diff_BetweenTwoTurns_ShouldGoByWhatWasKeptThen()
    {
        using var workspace = new TestWorkspace();
        await TakeAsync(workspace, 2, isBeginning: true);
        workspace.PlantFile("a.txt", "first");
        await TakeAsync(workspace, 5, isBeginning: false);
        workspace.PlantFile("a.txt", "second");
        workspace.PlantFile("b.txt", "second");
        await TakeAsync(workspace, 9, isBeginning: false);
        File.Delete(workspace.OnDisk("a.txt"));

        var first = await DiffAsync(workspace, 2, 6);
        var second = await DiffAsync(workspace, 6, 9);
        var both = await DiffAsync(workspace, 4, 100);
        var nothing = await DiffAsync(workspace, 9, 10);

        first.Value.Files.Select(file => (file.Path, file.Change)).ShouldBe([("a.txt", FileChange.Created)]);
        second.Value.Files.Select(file => (file.Path, file.Change)).ShouldBe([("a.txt", FileChange.Modified), ("b.txt", FileChange.Created)]);
        (both.Value.SinceSeq, both.Value.UntilSeq).ShouldBe((2, 9));
        both.Value.Files.Count.ShouldBe(2);
        nothing.Value.Files.ShouldBeEmpty();
        (await DiffAsync(workspace, 1)).Error!.Code.ShouldBe("FILE_016");
    }

    [Fact]
    public async Task Diff_WhenTheServerIsAnotherOne_ShouldGoOnFromWhatIsKept()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("a.txt", "one");
        await TakeAsync(workspace, 2, isBeginning: true);
        workspace.PlantFile("a.txt", "two");

        var diff = await workspace.NewCheckpoints().DiffAsync(workspace.Session, null, null, default);

        diff.Value.Files.ShouldHaveSingleItem().Diff!.ShouldContain("-one");
    }

    [Fact]
    public async Task Diff_WhenAFileIsWrittenAgainWithinTheSameMoment_ShouldSeeIt()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("a.txt", "one");
        var time = File.GetLastWriteTimeUtc(workspace.OnDisk("a.txt"));
        await TakeAsync(workspace, 2, isBeginning: true);

        workspace.PlantFile("a.txt", "two");
        File.SetLastWriteTimeUtc(workspace.OnDisk("a.txt"), time);

        (await DiffAsync(workspace)).Value.Files.ShouldHaveSingleItem().Diff!.ShouldContain("+two");
    }

    [Fact]
    public async Task Diff_WhenAFileIsChangedAndItsTimeSetBack_ShouldSeeIt()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("a.txt", "one");
        var time = File.GetLastWriteTimeUtc(workspace.OnDisk("a.txt"));

        // For whom what was written just now was written long ago, so that its content is not compared.
        using var checkpoints = workspace.NewCheckpoints(time: new LaterTime());
        await checkpoints.TakeAsync(workspace.Session, 2, isBeginning: true, default);
        workspace.PlantFile("a.txt", "two");
        File.SetLastWriteTimeUtc(workspace.OnDisk("a.txt"), time);

        (await checkpoints.DiffAsync(workspace.Session, null, null, default)).Value.Files.ShouldHaveSingleItem().Diff!.ShouldContain("+two");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Take_WhenNothingChanged_ShouldNeedNoGit(bool isOld)
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("a.txt", "one");
        using var checkpoints = workspace.NewCheckpoints(time: isOld ? new LaterTime() : TimeProvider.System);
        checkpoints.Warm(workspace.Session);
        await checkpoints.TakeAsync(workspace.Session, 2, isBeginning: true, default);
        var configuration = Path.Combine(workspace.CheckpointsOnDisk, "config");
        var whole = await File.ReadAllTextAsync(configuration);

        await File.WriteAllTextAsync(configuration, "git ends when it reads this");
        await checkpoints.TakeAsync(workspace.Session, 4, isBeginning: false, default);
        await checkpoints.TakeAsync(workspace.Session, 5, isBeginning: true, default);
        var broken = await checkpoints.DiffAsync(workspace.Session, 2, 4, default);
        await File.WriteAllTextAsync(configuration, whole);
        workspace.PlantFile("a.txt", "two");
        await checkpoints.TakeAsync(workspace.Session, 7, isBeginning: false, default);

        broken.Error!.Code.ShouldBe("FILE_018");
        (await checkpoints.DiffAsync(workspace.Session, 2, 5, default)).Value.ShouldSatisfyAllConditions(
            diff => diff.Files.ShouldBeEmpty(), diff => (diff.SinceSeq, diff.UntilSeq).ShouldBe((2, 5)));
        (await workspace.NewCheckpoints().DiffAsync(workspace.Session, 5, 7, default)).Value.Files.ShouldHaveSingleItem().Diff!.ShouldContain("-one");
    }

    [Fact]
    public async Task Take_WhenTheWorkspaceIsHostile_ShouldRunNothingAndReadNothingOutside()
    {
        using var workspace = new TestWorkspace();
        var proof = Path.Combine(workspace.Outside, "ran");
        await File.WriteAllTextAsync(Path.Combine(workspace.Outside, "secret.txt"), "the secret");
        await TakeAsync(workspace, 2, isBeginning: true);

        workspace.PlantFile(".gitattributes", "* filter=evil diff=evil text eol=crlf working-tree-encoding=UTF-16 ident\n");
        workspace.PlantFile(".gitmodules", "[submodule \"x\"]\n\tpath = nested\n\turl = ext::sh -c touch% " + proof);
        foreach (var repository in new[] { "", "nested/" })
        {
            await RunAsync("git", "init", "--quiet", workspace.OnDisk(repository));
            await RunAsync("git", "-C", workspace.OnDisk(repository), "-c", "user.name=x", "-c", "user.email=x@localhost", "commit", "--quiet", "--allow-empty", "-m", "x");
            await File.AppendAllTextAsync(
                workspace.OnDisk(repository + ".git/config"),
                $"[core]\n\tfsmonitor = touch {proof}\n\thooksPath = {workspace.OnDisk("hooks")}\n[filter \"evil\"]\n\tclean = touch {proof}\n\tsmudge = touch {proof}\n[diff \"evil\"]\n\tcommand = touch {proof}\n\ttextconv = touch {proof}\n");
        }

        workspace.PlantFile("hooks/post-checkout", $"#!/bin/sh\ntouch {proof}\n");
        workspace.PlantFile("nested/inner.txt", "a\nb\n");
        File.CreateSymbolicLink(workspace.OnDisk("link.txt"), Path.Combine(workspace.Outside, "secret.txt"));
        Directory.CreateSymbolicLink(workspace.OnDisk("folder"), workspace.Outside);
        await workspace.PlantPipeAsync("pipe");
        await TakeAsync(workspace, 4, isBeginning: false);
        var diff = await DiffAsync(workspace, 2, 4);

        diff.Value.Files.Select(file => file.Path).ShouldBe([".gitattributes", ".gitmodules", "hooks/post-checkout", "nested/inner.txt"]);
        diff.Value.Files[3].Diff!.ShouldEndWith("+a\n+b\n");
        diff.Value.Files.ShouldAllBe(file => !file.Diff!.Contains("the secret"));
        File.Exists(proof).ShouldBeFalse();
    }

    [Fact]
    public async Task Diff_WhenThereIsVeryMuch_ShouldBeBounded()
    {
        using var workspace = new TestWorkspace();
        await TakeAsync(workspace, 2, isBeginning: true);
        workspace.PlantFile("binary.bin", "\0\u0001\0");
        workspace.PlantFile("long.txt", string.Concat(Enumerable.Range(0, 40_000).Select(i => $"line {i}\n")));
        workspace.PlantFile("one-line.txt", new string('x', 3_000_000));
        for (var i = 0; i < 600; i++)
        {
            workspace.PlantFile($"many/{i}.txt", new string('y', 4_000));
        }

        var diff = (await DiffAsync(workspace)).Value;

        diff.Files.Count.ShouldBe(500);
        diff.IsTruncated.ShouldBeTrue();
        diff.Files.Sum(file => (long)(file.Diff?.Length ?? 0)).ShouldBeLessThanOrEqualTo(1 << 20);
        var binary = diff.Files.Single(file => file.Path == "binary.bin");
        (binary.IsBinary, binary.Diff).ShouldBe((true, null));
        diff.Files.Single(file => file.Path == "long.txt").ShouldSatisfyAllConditions(
            file => file.IsTruncated.ShouldBeTrue(), file => file.Diff!.Length.ShouldBeInRange(60_000, 64 * 1024));
        diff.Files[^1].IsTruncated.ShouldBeTrue();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Restore_ShouldPutBackWhatTurnsChanged_AndLeaveWhatTheUserDidBetweenThem(bool isWatched)
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("src/changed.txt", "old");
        workspace.PlantFile("run.sh", "old");
        File.SetUnixFileMode(workspace.OnDisk("run.sh"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await TakeAsync(workspace, 2, isBeginning: true);
        await workspace.ShellAsync("echo new > src/changed.txt; rm run.sh; mkdir made; echo new > made/file.txt; ln -s /etc made/link");
        await TakeAsync(workspace, 5, isBeginning: false);
        workspace.PlantFile("users.txt", "mine");
        await TakeAsync(workspace, 6, isBeginning: true);
        await workspace.ShellAsync("echo later > second.txt");
        await TakeAsync(workspace, 9, isBeginning: false);
        if (isWatched)
        {
            await workspace.WatchAsync();
        }

        var restored = await workspace.Checkpoints.RestoreAsync(workspace.Session, 2, default);

        restored.Value.Restored.ShouldBe(["made/file.txt", "second.txt", "run.sh", "src/changed.txt"], ignoreOrder: true);
        restored.Value.Left.ShouldBeEmpty();
        File.ReadAllText(workspace.OnDisk("src/changed.txt")).ShouldBe("old");
        File.GetUnixFileMode(workspace.OnDisk("run.sh")).HasFlag(UnixFileMode.UserExecute).ShouldBeTrue();
        File.Exists(workspace.OnDisk("made/file.txt")).ShouldBeFalse();
        File.Exists(workspace.OnDisk("second.txt")).ShouldBeFalse();
        File.ReadAllText(workspace.OnDisk("users.txt")).ShouldBe("mine");
        (await workspace.MeasureAsync()).ShouldBe(await workspace.Files.MeasureAnewAsync(workspace.Session, default));
        await workspace.News.UntilToldAsync("run.sh", FileChange.Created);
        (await workspace.Checkpoints.RestoreAsync(workspace.Session, 3, default)).Error!.Code.ShouldBe("FILE_016");
    }

    [Fact]
    public async Task Restore_WhenLinksAreInTheWay_ShouldNotFollowThem()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("folder/file.txt", "old");
        workspace.PlantFile("plain.txt", "old");
        await TakeAsync(workspace, 2, isBeginning: true);
        await File.WriteAllTextAsync(Path.Combine(workspace.Outside, "file.txt"), "outside");
        await workspace.ShellAsync($"rm -r folder plain.txt; ln -s {workspace.Outside} folder; ln -s {workspace.Outside}/file.txt plain.txt");
        await TakeAsync(workspace, 4, isBeginning: false);

        var restored = await workspace.Checkpoints.RestoreAsync(workspace.Session, 2, default);

        restored.Value.Restored.ShouldBe(["plain.txt"]);
        restored.Value.Left.ShouldBe(["folder/file.txt"]);
        File.ReadAllText(Path.Combine(workspace.Outside, "file.txt")).ShouldBe("outside");
        new FileInfo(workspace.OnDisk("plain.txt")).LinkTarget.ShouldBeNull();
        File.ReadAllText(workspace.OnDisk("plain.txt")).ShouldBe("old");
    }

    [Fact]
    public async Task Take_WhenThereAreMany_ShouldDropTheOldest()
    {
        using var workspace = new TestWorkspace();
        for (var seq = 1; seq <= 101; seq++)
        {
            workspace.PlantFile("a.txt", $"{seq}");
            await TakeAsync(workspace, seq, isBeginning: false);
        }

        (await DiffAsync(workspace, 50, 101)).Error!.Code.ShouldBe("FILE_016");
        (await DiffAsync(workspace, 60, 101)).Value.Files.ShouldHaveSingleItem().Diff!.ShouldContain("-60");
    }

    [Fact]
    public async Task Remove_ShouldRemoveCheckpointsToo()
    {
        using var workspace = new TestWorkspace();
        await TakeAsync(workspace, 1, isBeginning: true);
        Directory.Exists(workspace.CheckpointsOnDisk).ShouldBeTrue();

        await workspace.Files.RemoveAsync(workspace.Session, default);
        await workspace.Checkpoints.RemoveAsync(workspace.Session, default);
        await TakeAsync(workspace, 2, isBeginning: false);

        Directory.Exists(workspace.CheckpointsOnDisk).ShouldBeFalse();
    }

    [Fact]
    public async Task Diff_WhenTurnedOff_ShouldSaySo()
    {
        using var workspace = new TestWorkspace();

        await workspace.NewCheckpoints(isOn: false).TakeAsync(workspace.Session, 1, true, default);
        var diff = await workspace.NewCheckpoints(isOn: false).DiffAsync(workspace.Session, null, null, default);

        diff.Error!.Code.ShouldBe("FILE_017");
        Directory.Exists(workspace.CheckpointsOnDisk).ShouldBeFalse();
    }

    private static Task TakeAsync(TestWorkspace workspace, long seq, bool isBeginning) =>
        workspace.Checkpoints.TakeAsync(workspace.Session, seq, isBeginning, default);

    private static Task<Result<WorkspaceDiff>> DiffAsync(TestWorkspace workspace, long? since = null, long? until = null) =>
        workspace.Checkpoints.DiffAsync(workspace.Session, since, until, default);

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0);
    }

    private sealed class LaterTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddMinutes(1);
    }
}
