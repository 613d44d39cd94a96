using System.Security.Cryptography;
using System.Text;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Files;

public sealed class StreamedFilesTests
{
    private static readonly WriteCondition Anyhow = new(Overwrite: true);

    [Fact]
    public async Task Write_WhenContentComesInPieces_ShouldWriteAllOfIt()
    {
        using var workspace = new TestWorkspace();
        var content = RandomNumberGenerator.GetBytes(1_000_003);

        var written = await WriteAsync(workspace, "a/b.bin", new Pieces(content), null);

        written.Value.Size.ShouldBe(content.Length);
        written.Value.Sha256.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(content)));
        written.Value.Created.ShouldBeTrue();
        File.ReadAllBytes(workspace.OnDisk("a/b.bin")).ShouldBe(content);
        workspace.Staged.ShouldBeEmpty();
    }

    [Fact]
    public async Task Write_WhileContentComes_ShouldShowNothingOfIt()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("kept", "old");
        var seen = new List<string>();
        var content = new Pieces(new byte[100_000])
        {
            Before = () => seen.AddRange([.. Directory.EnumerateFiles(workspace.Location.WorkspacePath).Select(file => $"{Path.GetFileName(file)} {new FileInfo(file).Length}")]),
        };

        await WriteAsync(workspace, "kept", content, null);

        seen.Distinct().ShouldBe(["kept 3"]);
        new FileInfo(workspace.OnDisk("kept")).Length.ShouldBe(100_000);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(11L)]
    public async Task Write_WhenMoreThanAFileMayHold_ShouldStopAndLeaveNothing(long? length)
    {
        using var workspace = new TestWorkspace(maxFileBytes: 10);
        workspace.PlantFile("kept", "old");

        (await WriteAsync(workspace, "kept", new Pieces(new byte[11]), length)).Error!.Code.ShouldBe("FILE_001");
        (await WriteAsync(workspace, "fits", new Pieces(new byte[10]), null)).IsSuccess.ShouldBeTrue();

        File.ReadAllText(workspace.OnDisk("kept")).ShouldBe("old");
        workspace.Staged.ShouldBeEmpty();
    }

    [Fact]
    public async Task Write_WhenTheSenderNeverEnds_ShouldStopAtTheLimit()
    {
        using var workspace = new TestWorkspace(maxFileBytes: 1 << 20);
        var endless = new Pieces(new byte[1000]) { IsEndless = true };

        (await WriteAsync(workspace, "endless", endless, null)).Error!.Code.ShouldBe("FILE_001");

        endless.Given.ShouldBeLessThan(2 << 20);
        workspace.Staged.ShouldBeEmpty();
    }

    [Fact]
    public async Task Write_WhenContentBreaksOff_ShouldLeaveNothing()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("kept", "old");
        var broken = new Pieces(new byte[5000]) { Failure = new IOException("The other end hung up.") };

        var refused = await WriteAsync(workspace, "kept", broken, 10_000);
        var shorter = await WriteAsync(workspace, "kept", new Pieces(new byte[5000]), 10_000);

        refused.Error!.Code.ShouldBe("FILE_009");
        refused.Error.Details["received"].ShouldBe(5000L);
        shorter.Error!.Code.ShouldBe("FILE_009");
        File.ReadAllText(workspace.OnDisk("kept")).ShouldBe("old");
        workspace.Staged.ShouldBeEmpty();
    }

    [Fact]
    public async Task Write_WhenCancelled_ShouldLeaveNothing()
    {
        using var workspace = new TestWorkspace();
        using var cancelled = new CancellationTokenSource();
        var content = new Pieces(new byte[5000]) { Failure = new OperationCanceledException() };

        await Should.ThrowAsync<OperationCanceledException>(() => workspace.Files.WriteAsync(
            workspace.Session, WorkspacePath.Parse("gone").Value, content, null, Anyhow, cancelled.Token));

        workspace.Staged.ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(workspace.Location.WorkspacePath).ShouldBeEmpty();
    }

    [Fact]
    public async Task Write_WhenTheDigestIsAnother_ShouldLeaveTheOldFile()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("kept", "old");
        var right = Convert.ToHexString(SHA256.HashData("new"u8));

        var refused = await WriteAsync(workspace, "kept", new Pieces("now"u8.ToArray()), null, Anyhow with { Sha256 = right });
        var written = await WriteAsync(workspace, "kept", new Pieces("new"u8.ToArray()), null, Anyhow with { Sha256 = right });

        refused.Error!.Code.ShouldBe("FILE_010");
        written.IsSuccess.ShouldBeTrue();
        workspace.Staged.ShouldBeEmpty();
    }

    [Fact]
    public async Task Write_WhenTheVersionIsAnother_ShouldLeaveWhatIsThere()
    {
        using var workspace = new TestWorkspace();
        var first = (await WriteAsync(workspace, "file", new Pieces("1"u8.ToArray()), null)).Value.Version;
        await using (var opened = (await workspace.Files.OpenAsync(workspace.Session, WorkspacePath.Parse("file").Value, default)).Value)
        {
            opened.Version.ShouldBe(first);
        }

        var second = await WriteAsync(workspace, "file", new Pieces("2"u8.ToArray()), null, Anyhow with { Version = first });
        var late = await WriteAsync(workspace, "file", new Pieces("3"u8.ToArray()), null, Anyhow with { Version = first });
        var nothing = await WriteAsync(workspace, "missing", new Pieces("3"u8.ToArray()), null, Anyhow with { Version = WriteCondition.AnyVersion });

        second.IsSuccess.ShouldBeTrue();
        late.Error!.Code.ShouldBe("FILE_012");
        nothing.Error!.Code.ShouldBe("FILE_012");
        File.ReadAllText(workspace.OnDisk("file")).ShouldBe("2");
    }

    [Fact]
    public async Task Write_WhenFiftyStreamsRaceForRoomForTwenty_ShouldLetExactlyTwentyIn()
    {
        using var workspace = new TestWorkspace(maxWorkspaceBytes: 20 * 1000);

        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(() => WriteAsync(workspace, $"d{i % 5}/f{i}", new Pieces(new byte[1000]), null))));

        results.Count(result => result.IsSuccess).ShouldBe(20);
        results.Where(result => !result.IsSuccess).ShouldAllBe(result => result.Error!.Code == "FILE_006");
        (await workspace.MeasureAsync()).SizeBytes.ShouldBe(20_000);
        workspace.Staged.ShouldBeEmpty();
    }

    [Fact]
    public async Task Open_WhenTheFileChangesMeanwhile_ShouldGiveWhatWasOpenedAndNoMore()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("file", "opened");
        await using var opened = (await workspace.Files.OpenAsync(workspace.Session, WorkspacePath.Parse("file").Value, default)).Value;

        await workspace.WriteAsync("file", "replaced", overwrite: true);
        await File.AppendAllTextAsync(workspace.OnDisk("file"), " and longer");
        using var read = new StreamReader(opened.Content, Encoding.UTF8);

        (await read.ReadToEndAsync()).ShouldBe("opened");
    }

    [Fact]
    public async Task Open_WhenTheFileGrowsMeanwhile_ShouldKeepToItsLength()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("file", "opened");
        await using var opened = (await workspace.Files.OpenAsync(workspace.Session, WorkspacePath.Parse("file").Value, default)).Value;

        await File.AppendAllTextAsync(workspace.OnDisk("file"), " and longer");
        using var read = new StreamReader(opened.Content, Encoding.UTF8);

        (await read.ReadToEndAsync()).ShouldBe("opened");
    }

    private static Task<Result<WrittenFile>> WriteAsync(TestWorkspace workspace, string path, Stream content, long? length, WriteCondition? condition = null) =>
        workspace.Files.WriteAsync(workspace.Session, WorkspacePath.Parse(path).Value, content, length, condition ?? Anyhow, CancellationToken.None);

    /// <summary>Content that comes a thousand bytes at a time, and may break off.</summary>
    private sealed class Pieces(byte[] content) : MemoryStream(content)
    {
        public Action? Before { get; init; }

        public Exception? Failure { get; init; }

        public bool IsEndless { get; init; }

        public long Given { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            Before?.Invoke();
            Position = IsEndless ? 0 : Position;
            var read = await base.ReadAsync(buffer[..Math.Min(buffer.Length, 1000)], cancellationToken);
            Given += read;
            return read == 0 && Failure is not null ? throw Failure : read;
        }
    }
}
