using Claudy.Application.Files.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Claudy.Infrastructure.Files;
using Microsoft.Win32.SafeHandles;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Files;

/// <summary>What one upload takes, in time and in bytes, is not at the cost of others.</summary>
public sealed class ManyAtOnceTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Lock_OfOneSession_ShouldHoldUpNoOther()
    {
        var locks = new WorkspaceLocks();
        for (var i = 0; i < 1000; i++)
        {
            // None is given back: two that shared one would wait for ever.
            await Should.NotThrowAsync(() => locks.EnterAsync(new SessionId(Guid.NewGuid()), default).AsTask().WaitAsync(Deadline));
        }
    }

    [Fact]
    public async Task Scanner_WhenItTakesItsTime_ShouldHoldUpNothingElseOfTheSession()
    {
        var scanner = new SlowScanner("slow.bin");
        using var workspace = new TestWorkspace(scanner: scanner);
        await UploadAsync(workspace, "slow", "slow.bin");
        var slow = CommitAsync(workspace, "slow");
        await scanner.Asked.Task.WaitAsync(Deadline);

        (await workspace.WriteAsync("a.txt").WaitAsync(Deadline)).IsSuccess.ShouldBeTrue();
        await UploadAsync(workspace, "quick", "quick.bin").WaitAsync(Deadline);
        (await CommitAsync(workspace, "quick").WaitAsync(Deadline)).IsSuccess.ShouldBeTrue();
        slow.IsCompleted.ShouldBeFalse();
        scanner.Answers.SetResult();

        (await slow).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Begin_WhenTheUploadsUnderWayWillFillTheWorkspace_ShouldRefuseFurtherOnes()
    {
        using var workspace = new TestWorkspace(maxWorkspaceBytes: 1000);
        workspace.PlantFile("old.bin", new string('x', 400));

        (await BeginAsync(workspace, "a", "a.bin", 600)).IsSuccess.ShouldBeTrue();
        (await BeginAsync(workspace, "b", "b.bin", 1)).Error!.Code.ShouldBe("FILE_006");
        (await workspace.Uploads.AbortAsync(workspace.Session, Id("a"), default)).IsSuccess.ShouldBeTrue();
        (await BeginAsync(workspace, "c", "old.bin", 1000)).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Upload_WhenTheServerTakesInNoMore_ShouldBeRefusedUntilOneEnds()
    {
        using var workspace = new TestWorkspace(maxStagedBytes: 1000);
        (await BeginAsync(workspace, "a", "a.bin", 900)).IsSuccess.ShouldBeTrue();

        var refused = await BeginAsync(workspace, "b", "b.bin", 101);
        (await workspace.WriteAsync("c.bin", new byte[101])).Error!.Code.ShouldBe("FILE_027");
        (await workspace.StreamAsync("d.bin", new string('x', 101))).Error!.Code.ShouldBe("FILE_027");
        (await workspace.WriteAsync("e.bin", new byte[100])).IsSuccess.ShouldBeTrue();
        workspace.Sweep.Sweep(default);
        (await workspace.WriteAsync("f.bin", new byte[101])).Error!.Code.ShouldBe("FILE_027");
        await workspace.Uploads.AbortAsync(workspace.Session, Id("a"), default);

        refused.Error!.Code.ShouldBe("FILE_027");
        refused.Error.Retryable.ShouldBeTrue();
        workspace.Staged.ShouldBeEmpty();
        (await workspace.WriteAsync("g.bin", new byte[1000])).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Commit_WhenItsOutcomeCannotBeKept_ShouldNotHappen()
    {
        using var workspace = new TestWorkspace();
        await UploadAsync(workspace, "u", "file");
        var record = Directory.CreateDirectory(Path.Combine(workspace.StagingPath, workspace.Session.ToString(), "u.done"));

        await Should.ThrowAsync<IOException>(() => CommitAsync(workspace, "u"));
        File.Exists(workspace.OnDisk("file")).ShouldBeFalse();
        record.Delete();

        (await CommitAsync(workspace, "u")).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Commit_WhenTheServerWasKilledRightAfterIt_ShouldTellWhatCameOfItAndNotDoItAgain()
    {
        using var workspace = new TestWorkspace();
        await UploadAsync(workspace, "u", "file");
        var plan = workspace.Staged.Single(path => path.EndsWith(".plan", StringComparison.Ordinal));
        var text = await File.ReadAllTextAsync(plan);
        var first = await CommitAsync(workspace, "u");

        // As it is on the disk between the content's new name and the end of the plan.
        await File.WriteAllTextAsync(plan, text);
        await workspace.WriteAsync("file", "by Claude, later", overwrite: true);

        (await BeginAsync(workspace, "u", "file", 7)).Value.Offset.ShouldBe(7);
        (await CommitAsync(workspace, "u")).Value.ShouldBe(first.Value);
        File.ReadAllText(workspace.OnDisk("file")).ShouldBe("by Claude, later");
        File.Exists(plan).ShouldBeFalse();
    }

    [Fact]
    public async Task Move_OntoAnotherNameOfTheSameFile_ShouldTakeTheOldNameAway()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("a.txt", "content");
        await workspace.PlantHardLinkAsync("b.txt", workspace.OnDisk("a.txt"));

        (await workspace.MoveAsync("a.txt", "b.txt", overwrite: true)).IsSuccess.ShouldBeTrue();
        (await workspace.MoveAsync("b.txt", "b.txt", overwrite: true)).IsSuccess.ShouldBeTrue();

        File.Exists(workspace.OnDisk("a.txt")).ShouldBeFalse();
        File.ReadAllText(workspace.OnDisk("b.txt")).ShouldBe("content");
        (await workspace.MeasureAsync()).FileCount.ShouldBe(1);
    }

    private static UploadId Id(string id) => UploadId.Parse(id)!;

    private static async Task UploadAsync(TestWorkspace workspace, string id, string path)
    {
        (await BeginAsync(workspace, id, path, 7)).IsSuccess.ShouldBeTrue();
        (await workspace.Uploads.AppendAsync(workspace.Session, Id(id), 0, "content"u8.ToArray(), default)).IsSuccess.ShouldBeTrue();
    }

    private static Task<Result<UploadState>> BeginAsync(TestWorkspace workspace, string id, string path, long size) =>
        workspace.Uploads.BeginAsync(workspace.Session, new UploadPlan(Id(id), WorkspacePath.Parse(path).Value, size, Overwrite: true), default);

    private static Task<Result<WrittenFile>> CommitAsync(TestWorkspace workspace, string id) =>
        workspace.Uploads.CommitAsync(workspace.Session, Id(id), null, default);

    /// <summary>Thinks about one file until it is told to answer.</summary>
    private sealed class SlowScanner(string about) : IContentScanner
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Answers { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task<Result> ScanAsync(WorkspacePath path, SafeFileHandle content, CancellationToken cancellationToken)
        {
            if (path.Value == about)
            {
                Asked.SetResult();
                await Answers.Task.WaitAsync(cancellationToken);
            }

            return Result.Success();
        }

        public Task<IReadOnlyList<ScannerState>> ExamineAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<ScannerState>>([]);
    }
}
