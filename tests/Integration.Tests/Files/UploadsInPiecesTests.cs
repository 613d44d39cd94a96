using System.Security.Cryptography;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Files;

public sealed class UploadsInPiecesTests
{
    [Fact]
    public async Task Upload_ShouldShowNothingUntilItIsCommitted()
    {
        using var workspace = new TestWorkspace();
        var content = RandomNumberGenerator.GetBytes(10_000);

        (await BeginAsync(workspace, "u", "a/b.bin", 10_000)).Value.Offset.ShouldBe(0);
        (await AppendAsync(workspace, "u", 0, content[..4000])).Value.Offset.ShouldBe(4000);
        (await AppendAsync(workspace, "u", 4000, content[4000..])).Value.Offset.ShouldBe(10_000);
        var before = Directory.GetFileSystemEntries(workspace.Location.WorkspacePath);
        var written = await CommitAsync(workspace, "u", Convert.ToHexString(SHA256.HashData(content)));

        before.ShouldBeEmpty();
        written.Value.Created.ShouldBeTrue();
        File.ReadAllBytes(workspace.OnDisk("a/b.bin")).ShouldBe(content);
        File.GetUnixFileMode(workspace.OnDisk("a/b.bin")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task Begin_WhenItWasBegunBefore_ShouldTellWhereToGoOn()
    {
        using var workspace = new TestWorkspace();
        await BeginAsync(workspace, "u", "file", 10);
        await AppendAsync(workspace, "u", 0, new byte[6]);

        var again = await BeginAsync(workspace, "u", "file", 10);

        again.Value.Offset.ShouldBe(6);
        (await BeginAsync(workspace, "u", "other", 10)).Error!.Code.ShouldBe("FILE_012");
        (await BeginAsync(workspace, "u", "file", 11)).Error!.Code.ShouldBe("FILE_012");
    }

    [Fact]
    public async Task Append_WhenAPieceComesTwice_ShouldTakeItOnce()
    {
        using var workspace = new TestWorkspace();
        await BeginAsync(workspace, "u", "file", 6);
        await AppendAsync(workspace, "u", 0, "abcd"u8.ToArray());

        (await AppendAsync(workspace, "u", 0, "abcd"u8.ToArray())).Value.Offset.ShouldBe(4);
        (await AppendAsync(workspace, "u", 1, "bc"u8.ToArray())).Value.Offset.ShouldBe(4);
        await AppendAsync(workspace, "u", 4, "ef"u8.ToArray());
        await CommitAsync(workspace, "u");

        File.ReadAllText(workspace.OnDisk("file")).ShouldBe("abcdef");
    }

    [Theory]
    [InlineData(5, "x", "FILE_012")]
    [InlineData(0, "abXd", "FILE_012")]
    [InlineData(2, "cdef", "FILE_012")]
    [InlineData(4, "1234567", "FILE_009")]
    [InlineData(long.MaxValue, "x", "FILE_009")]
    public async Task Append_WhenAPieceDoesNotFollow_ShouldRefuseAndSayWhatDoes(long offset, string piece, string code)
    {
        using var workspace = new TestWorkspace();
        await BeginAsync(workspace, "u", "file", 10);
        await AppendAsync(workspace, "u", 0, "abcd"u8.ToArray());

        var refused = await AppendAsync(workspace, "u", offset, System.Text.Encoding.ASCII.GetBytes(piece));

        refused.Error!.Code.ShouldBe(code);
        (await BeginAsync(workspace, "u", "file", 10)).Value.Offset.ShouldBe(4);
        if (code == "FILE_012")
        {
            refused.Error.Details["offset"].ShouldBe(4L);
        }
    }

    [Fact]
    public async Task Commit_WhenTheAnswerWasLost_ShouldGiveItAgain()
    {
        using var workspace = new TestWorkspace();
        await UploadAsync(workspace, "u", "file", "content"u8.ToArray());
        var first = await CommitAsync(workspace, "u");
        await workspace.WriteAsync("file", "later", overwrite: true);

        var second = await CommitAsync(workspace, "u");

        second.Value.ShouldBe(first.Value);
        (await BeginAsync(workspace, "u", "file", 7)).Value.Offset.ShouldBe(7);
        File.ReadAllText(workspace.OnDisk("file")).ShouldBe("later");
    }

    [Fact]
    public async Task Commit_WhenNotAllIsThere_ShouldRefuseAndGoOn()
    {
        using var workspace = new TestWorkspace();
        await BeginAsync(workspace, "u", "file", 3);
        await AppendAsync(workspace, "u", 0, "ab"u8.ToArray());

        (await CommitAsync(workspace, "u")).Error!.Code.ShouldBe("FILE_009");
        await AppendAsync(workspace, "u", 2, "c"u8.ToArray());

        (await CommitAsync(workspace, "u")).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Commit_WhenTheDigestIsAnother_ShouldForgetTheUpload()
    {
        using var workspace = new TestWorkspace();
        await UploadAsync(workspace, "u", "file", "abc"u8.ToArray());

        (await CommitAsync(workspace, "u", new string('0', 64))).Error!.Code.ShouldBe("FILE_010");

        (await CommitAsync(workspace, "u")).Error!.Code.ShouldBe("FILE_011");
        workspace.Staged.ShouldBeEmpty();
    }

    [Fact]
    public async Task Commit_WhenTheWorkspaceGotFullMeanwhile_ShouldKeepTheUploadForLater()
    {
        using var workspace = new TestWorkspace(maxWorkspaceBytes: 1000);
        await UploadAsync(workspace, "u", "file", new byte[600]);
        await workspace.WriteAsync("meanwhile", new string('x', 500));

        (await CommitAsync(workspace, "u")).Error!.Code.ShouldBe("FILE_006");
        await workspace.DeleteAsync("meanwhile");

        (await CommitAsync(workspace, "u")).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Begin_WhenAServerDiedInTheMiddleOfACommit_ShouldBeginAnew()
    {
        using var workspace = new TestWorkspace();
        await UploadAsync(workspace, "u", "file", "abc"u8.ToArray());
        File.Delete(workspace.Staged.Single(path => path.EndsWith(".part", StringComparison.Ordinal)));

        (await BeginAsync(workspace, "u", "file", 3)).Value.Offset.ShouldBe(0);
        await UploadAsync(workspace, "u", "file", "abc"u8.ToArray());

        (await CommitAsync(workspace, "u")).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Begin_WhenItCannotBeCommitted_ShouldSayItAtOnce()
    {
        using var workspace = new TestWorkspace(maxFileBytes: 100, maxWorkspaceBytes: 150);
        workspace.PlantFile("taken", new string('x', 100));

        (await BeginAsync(workspace, "u", "large", 101)).Error!.Code.ShouldBe("FILE_001");
        (await BeginAsync(workspace, "u", "full", 51)).Error!.Code.ShouldBe("FILE_006");
        (await BeginAsync(workspace, "u", "taken", 1, overwrite: false)).Error!.Code.ShouldBe("FILE_005");
        (await BeginAsync(workspace, "u", "taken", 100)).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Begin_WhenTooManyAreUnderWay_ShouldRefuseUntilOneEnds()
    {
        using var workspace = new TestWorkspace();
        for (var i = 0; i < 8; i++)
        {
            (await BeginAsync(workspace, $"u{i}", $"f{i}", 1)).IsSuccess.ShouldBeTrue();
        }

        (await BeginAsync(workspace, "u8", "f8", 1)).Error!.Code.ShouldBe("FILE_013");
        (await workspace.Uploads.AbortAsync(workspace.Session, Id("u0"), default)).IsSuccess.ShouldBeTrue();

        (await BeginAsync(workspace, "u8", "f8", 1)).IsSuccess.ShouldBeTrue();
        (await AppendAsync(workspace, "u0", 0, new byte[1])).Error!.Code.ShouldBe("FILE_011");
        (await workspace.Uploads.AbortAsync(workspace.Session, Id("u0"), default)).Error!.Code.ShouldBe("FILE_011");
    }

    [Fact]
    public async Task Sweep_ShouldRemoveWhatNobodyGoesOnWith()
    {
        using var workspace = new TestWorkspace();
        await UploadAsync(workspace, "old", "a", new byte[10]);
        await UploadAsync(workspace, "fresh", "b", new byte[10]);
        await UploadAsync(workspace, "late", "c", new byte[10]);
        Directory.CreateDirectory(Path.Combine(StagingOf(workspace), "tmp-left-by-a-crash/inner"));
        foreach (var name in (string[])["old.part", "old.plan", "late.plan"])
        {
            File.SetLastWriteTimeUtc(Path.Combine(StagingOf(workspace), name), TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-2));
        }

        Directory.SetLastWriteTimeUtc(Path.Combine(StagingOf(workspace), "tmp-left-by-a-crash"), TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-2));

        workspace.Sweep.Sweep(CancellationToken.None).ShouldBe(3);

        (await CommitAsync(workspace, "old")).Error!.Code.ShouldBe("FILE_011");
        (await CommitAsync(workspace, "fresh")).IsSuccess.ShouldBeTrue();
        (await CommitAsync(workspace, "late")).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Upload_WhenTheSessionIsGone_ShouldBeGone()
    {
        using var workspace = new TestWorkspace();
        await UploadAsync(workspace, "u", "file", "abc"u8.ToArray());
        await workspace.Files.RemoveAsync(workspace.Session, CancellationToken.None);

        (await CommitAsync(workspace, "u")).Error!.Code.ShouldBe("FILE_011");
        (await BeginAsync(workspace, "u", "file", 3)).Error!.Code.ShouldBe("FILE_004");
        Directory.Exists(StagingOf(workspace)).ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a.plan")]
    [InlineData("a\0")]
    [InlineData("äöü")]
    public void Parse_WhenAnIdCouldLeadElsewhere_ShouldRefuse(string id) => UploadId.Parse(id).ShouldBeNull();

    private static string StagingOf(TestWorkspace workspace) => Path.Combine(workspace.StagingPath, workspace.Session.ToString());

    private static UploadId Id(string id) => UploadId.Parse(id)!;

    private static async Task UploadAsync(TestWorkspace workspace, string id, string path, byte[] content)
    {
        (await BeginAsync(workspace, id, path, content.Length)).IsSuccess.ShouldBeTrue();
        (await AppendAsync(workspace, id, 0, content)).IsSuccess.ShouldBeTrue();
    }

    private static Task<Result<UploadState>> BeginAsync(TestWorkspace workspace, string id, string path, long size, bool overwrite = true) =>
        workspace.Uploads.BeginAsync(workspace.Session, new UploadPlan(Id(id), WorkspacePath.Parse(path).Value, size, overwrite), CancellationToken.None);

    private static Task<Result<UploadState>> AppendAsync(TestWorkspace workspace, string id, long offset, byte[] content) =>
        workspace.Uploads.AppendAsync(workspace.Session, Id(id), offset, content, CancellationToken.None);

    private static Task<Result<WrittenFile>> CommitAsync(TestWorkspace workspace, string id, string? sha256 = null) =>
        workspace.Uploads.CommitAsync(workspace.Session, Id(id), sha256, CancellationToken.None);
}
