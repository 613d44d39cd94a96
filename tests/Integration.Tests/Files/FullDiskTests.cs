using System.IO.Compression;
using System.Text;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Workspaces;
using Claudy.Infrastructure.Files;
using Claudy.Integration.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Files;

/// <summary>A real file system that is full, or takes no changes.</summary>
public sealed class FullDiskTests
{
    [SkippableFact]
    public async Task Write_WhenTheDiskIsFull_ShouldSaySoAndLeaveNothing_WhicheverWayItComes()
    {
        using var disk = SmallDisk.Mount(bytes: 1 << 20, names: 60);
        using var workspace = new TestWorkspace(folder: disk.Path);
        (await workspace.WriteAsync("kept.txt", "before")).IsSuccess.ShouldBeTrue();
        (await BeginAsync(workspace, "u", 600_000)).IsSuccess.ShouldBeTrue();
        (await AppendAsync(workspace, "u", 0, 200_000)).IsSuccess.ShouldBeTrue();
        var large = new byte[700_000];
        (await workspace.WriteAsync("filler", new byte[500_000])).IsSuccess.ShouldBeTrue();

        var byFrame = await workspace.WriteAsync("kept.txt", large, overwrite: true);
        var byStream = await workspace.StreamAsync("new.txt", new string('x', 700_000));
        var byPiece = await AppendAsync(workspace, "u", 200_000, 400_000);
        var byArchive = await UnpackAsync(workspace, 700_000);

        foreach (var error in new[] { byFrame.Error, byStream.Error, byPiece.Error, byArchive.Error })
        {
            error.ShouldNotBeNull();
            error.Code.ShouldBe("FILE_023");
            error.Retryable.ShouldBeTrue();
        }

        File.ReadAllText(workspace.OnDisk("kept.txt")).ShouldBe("before");
        workspace.Staged.Select(Path.GetFileName).ShouldBe(["u.part", "u.plan"], ignoreOrder: true);
        (await BeginAsync(workspace, "u", 600_000)).Value.Offset.ShouldBe(200_000);
        (await workspace.MeasureAsync()).ShouldBe(await workspace.Files.MeasureAnewAsync(workspace.Session, default));

        (await workspace.DeleteAsync("filler")).IsSuccess.ShouldBeTrue();
        (await AppendAsync(workspace, "u", 200_000, 400_000)).IsSuccess.ShouldBeTrue();
        (await workspace.Uploads.CommitAsync(workspace.Session, UploadId.Parse("u")!, null, default)).IsSuccess.ShouldBeTrue();
    }

    [SkippableFact]
    public async Task Change_WhenThereIsNoRoomForNames_ShouldSaySo_AndDeletingShouldWork()
    {
        using var disk = SmallDisk.Mount(bytes: 1 << 20, names: 60);
        using var workspace = new TestWorkspace(folder: disk.Path);
        workspace.PlantFile("full/a.txt");
        workspace.PlantFile("b.txt");
        await workspace.ShellAsync("i=0; while mkdir full/$i 2>/dev/null; do i=$((i+1)); done");

        (await workspace.MakeDirectoryAsync("more/folders")).Error!.Code.ShouldBe("FILE_023");
        (await workspace.MoveAsync("b.txt", "other/b.txt")).Error!.Code.ShouldBe("FILE_023");
        (await workspace.WriteAsync("c.txt")).Error!.Code.ShouldBe("FILE_023");
        File.Exists(workspace.OnDisk("b.txt")).ShouldBeTrue();
        (await workspace.MeasureAsync()).ShouldBe(await workspace.Files.MeasureAnewAsync(workspace.Session, default));

        // Not even a bin can be made, and yet what is full can be emptied.
        (await workspace.DeleteAsync("full", recursive: true)).IsSuccess.ShouldBeTrue();
        (await workspace.WriteAsync("c.txt")).IsSuccess.ShouldBeTrue();
        (await workspace.MeasureAsync()).FileCount.ShouldBe(2);
    }

    [SkippableFact]
    public async Task Change_WhenTheDiskTakesNone_ShouldSaySo_AndReadingShouldWork()
    {
        using var disk = SmallDisk.Mount(bytes: 1 << 20, names: 60);
        using var workspace = new TestWorkspace(folder: disk.Path);
        await workspace.WriteAsync("a.txt", "before");
        disk.MakeReadOnly();

        (await workspace.WriteAsync("a.txt", "after", overwrite: true)).Error!.Code.ShouldBe("FILE_025");
        (await workspace.MoveAsync("a.txt", "b.txt")).Error!.Code.ShouldBe("FILE_025");
        (await workspace.DeleteAsync("a.txt")).Error!.Code.ShouldBe("FILE_025");
        (await workspace.MakeDirectoryAsync("c")).Error!.Code.ShouldBe("FILE_025");
        var refused = await BeginAsync(workspace, "u", 10);

        refused.Error!.Code.ShouldBe("FILE_025");
        refused.Error.Retryable.ShouldBeFalse();
        Encoding.UTF8.GetString((await workspace.ReadAsync("a.txt")).Value.Content.Span).ShouldBe("before");
        disk.MakeWritable();
    }

    [Theory]
    [InlineData(28, "FILE_023")]
    [InlineData(122, "FILE_024")]
    [InlineData(30, "FILE_025")]
    [InlineData(24, "FILE_026")]
    [InlineData(23, "FILE_026")]
    public async Task Guard_WhenTheSystemRefuses_ShouldTellWhatItMeans(int errno, string code)
    {
        var guard = new StorageGuard(NullLogger<StorageGuard>.Instance);

        var ours = await guard.RunAsync<int>(() => throw new PosixException("openat", (Errno)errno));
        var theirs = await guard.RunAsync<int>(() => throw new IOException("the framework's", errno));

        ours.Error!.Code.ShouldBe(code);
        theirs.Error!.Code.ShouldBe(code);
        FileFailures.Of((Errno)errno, "a").Code.ShouldBe(code);
    }

    private static Task<Domain.Shared.Result<UploadState>> BeginAsync(TestWorkspace workspace, string id, long size) =>
        workspace.Uploads.BeginAsync(workspace.Session, new UploadPlan(UploadId.Parse(id)!, WorkspacePath.Parse("pieces.bin").Value, size, Overwrite: true), default);

    private static Task<Domain.Shared.Result<UploadState>> AppendAsync(TestWorkspace workspace, string id, long offset, int length) =>
        workspace.Uploads.AppendAsync(workspace.Session, UploadId.Parse(id)!, offset, new byte[length], default);

    private static async Task<Domain.Shared.Result<UnpackedArchive>> UnpackAsync(TestWorkspace workspace, int length)
    {
        using var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var content = zip.CreateEntry("folder/large.bin").Open();
            var bytes = new byte[length];
            Random.Shared.NextBytes(bytes.AsSpan(0, 50_000));
            content.Write(bytes);
        }

        packed.Position = 0;
        return await workspace.Archives.UnpackAsync(workspace.Session, null, packed, packed.Length, overwrite: true, default);
    }
}
