using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Files;

public sealed class ArchiveTests
{
    private const int LinkAttributes = unchecked((int)0xA1FF0000);
    private const int ProgramAttributes = unchecked((int)0x81ED0000);

    [Fact]
    public async Task OpenAndUnpack_ShouldCarryFoldersFilesAndPermissions()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("from/a.txt", "a");
        workspace.PlantFile("from/inner/ä ö.txt", new string('x', 300_000));
        workspace.PlantFile("from/inner/run.sh", "#!/bin/sh");
        File.SetUnixFileMode(workspace.OnDisk("from/inner/run.sh"), (UnixFileMode)0b111_000_000);
        Directory.CreateDirectory(workspace.OnDisk("from/empty"));

        var unpacked = await UnpackAsync(workspace, "to/here", await PackAsync(workspace, "from"));

        unpacked.Value.ShouldBe(new UnpackedArchive(Files: 3, Folders: 2, SizeBytes: 300_010, Replaced: 0));
        File.ReadAllText(workspace.OnDisk("to/here/inner/ä ö.txt")).Length.ShouldBe(300_000);
        File.GetUnixFileMode(workspace.OnDisk("to/here/inner/run.sh")).ShouldBe((UnixFileMode)0b111_000_000);
        File.GetUnixFileMode(workspace.OnDisk("to/here/a.txt")).ShouldBe((UnixFileMode)0b110_000_000);
        Directory.Exists(workspace.OnDisk("to/here/empty")).ShouldBeTrue();
        workspace.Staged.ShouldBeEmpty();
    }

    [Fact]
    public async Task Open_WhenAFileIsLarge_ShouldWriteItInPieces()
    {
        using var workspace = new TestWorkspace();
        await workspace.WriteAsync("large", RandomNumberGenerator.GetBytes(5_000_000));
        using var folder = (await workspace.Archives.OpenAsync(workspace.Session, null, default)).Value;
        await using var output = new AsynchronousOnly();

        await folder.WriteAsync(output, default);

        output.Written.ShouldBeGreaterThan(5_000_000);
        output.Largest.ShouldBeLessThan(500_000);
    }

    [Fact]
    public async Task Open_WhenThereAreLinksAndPipes_ShouldLeaveThemOut()
    {
        using var workspace = new TestWorkspace();
        await File.WriteAllTextAsync(Path.Combine(workspace.Outside, "secret"), "outside");
        Directory.CreateSymbolicLink(workspace.OnDisk("folder-link"), workspace.Outside);
        File.CreateSymbolicLink(workspace.OnDisk("file-link"), Path.Combine(workspace.Outside, "secret"));
        await workspace.PlantPipeAsync("pipe");
        workspace.PlantFile("back\\slash");
        workspace.PlantFile("real");

        using var zip = new ZipArchive(new MemoryStream(await PackAsync(workspace, null)));

        zip.Entries.Select(entry => entry.FullName).ShouldBe(["real"]);
        (await workspace.Archives.OpenAsync(workspace.Session, Named("folder-link"), default)).Error!.Code.ShouldBe("FILE_003");
        (await workspace.Archives.OpenAsync(workspace.Session, Named("real"), default)).Error!.Code.ShouldBe("FILE_007");
        (await workspace.Archives.OpenAsync(workspace.Session, Named("missing"), default)).Error!.Code.ShouldBe("FILE_004");
    }

    [Theory]
    [InlineData("../up")]
    [InlineData("a/../../up")]
    [InlineData("/etc/cron.d/x")]
    [InlineData("C:\\x")]
    [InlineData("a\\..\\up")]
    [InlineData("a//b")]
    [InlineData("./a")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("a\u202Etxt.exe")]
    [InlineData("../")]
    [InlineData("/")]
    public async Task Unpack_WhenANameLeadsOutOrDeceives_ShouldWriteNothing(string name) =>
        await ShouldBeRefusedAsync("bad_name", zip => Add(zip, name, "x"));

    [Fact]
    public async Task Unpack_WhenAnEntryIsALink_ShouldWriteNothing() =>
        await ShouldBeRefusedAsync("link", zip => Add(zip, "link", "/etc/passwd", LinkAttributes));

    [Theory]
    [InlineData("a", "a")]
    [InlineData("a", "a/b")]
    [InlineData("a/b", "a")]
    [InlineData("a/b/c", "a/b")]
    [InlineData("a", "a/")]
    [InlineData("a/b/", "a")]
    public async Task Unpack_WhenNamesCollide_ShouldWriteNothing(string first, string second) =>
        await ShouldBeRefusedAsync("duplicate_name", zip =>
        {
            Add(zip, first, first.EndsWith('/') ? "" : "1");
            Add(zip, second, second.EndsWith('/') ? "" : "2");
        });

    [Fact]
    public async Task Unpack_WhenThereAreTooManyEntries_ShouldWriteNothing() =>
        await ShouldBeRefusedAsync("too_many_entries", zip =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                zip.CreateEntry($"f{i}", CompressionLevel.NoCompression);
            }
        });

    [Theory]
    [InlineData(8, 2)]
    [InlineData(10, 2)]
    [InlineData(12, 4)]
    [InlineData(16, 4)]
    public async Task Unpack_WhenItsEndLeadsToALargerOne_ShouldBeRefusedBeforeItsListIsRead(int offset, int length)
    {
        using var workspace = new TestWorkspace();
        var archive = Pack(zip => Add(zip, "good", "good"));
        archive.AsSpan(archive.Length - 22 + offset, length).Fill(0xFF);

        var refused = await UnpackAsync(workspace, null, archive);

        refused.Error!.Details["rule"].ShouldBe("not_a_zip");
    }

    [Fact]
    public async Task Unpack_WhenItIsOfFoldersAlone_ShouldCountThem()
    {
        using var workspace = new TestWorkspace(maxFiles: 20);
        var archive = Pack(zip => zip.CreateEntry(string.Join('/', Enumerable.Range(0, 41).Select(i => $"d{i}")) + "/"));

        (await UnpackAsync(workspace, null, archive)).Error!.Code.ShouldBe("FILE_006");
    }

    [Fact]
    public async Task Unpack_WhenItIsABomb_ShouldStopAndWriteNothing() =>
        await ShouldBeRefusedAsync("ratio", zip =>
        {
            for (var i = 0; i < 10; i++)
            {
                Add(zip, $"zeros{i}", new string('0', 1 << 20));
            }
        });

    [Fact]
    public async Task Unpack_WhenMoreComesThanMayBe_ShouldWriteNothing()
    {
        using var workspace = new TestWorkspace(maxFileBytes: 1000, maxWorkspaceBytes: 2500);
        workspace.PlantFile("by-claude", new string('x', 600));
        var large = Pack(zip => Add(zip, "a", Noise(1001)));
        var many = Pack(zip =>
        {
            Add(zip, "a", Noise(1000));
            Add(zip, "b", Noise(950));
        });

        (await UnpackAsync(workspace, null, large)).Error!.Code.ShouldBe("FILE_001");
        (await UnpackAsync(workspace, null, many)).Error!.Code.ShouldBe("FILE_006");

        Directory.GetFileSystemEntries(workspace.Location.WorkspacePath).ShouldHaveSingleItem();
        workspace.Staged.ShouldBeEmpty();
    }

    [Fact]
    public async Task Unpack_WhenTheSizesInItAreLies_ShouldCountWhatComes()
    {
        using var workspace = new TestWorkspace();
        var lying = Pack(zip => Add(zip, "a", new string('y', 5000)));

        // The real size in the list of entries becomes one byte.
        var at = lying.AsSpan().LastIndexOf("PK\x01\x02"u8);
        BitConverter.TryWriteBytes(lying.AsSpan(at + 24), 1);

        var refused = await UnpackAsync(workspace, null, lying);

        refused.Error!.Code.ShouldBe("FILE_015");
        Directory.GetFileSystemEntries(workspace.Location.WorkspacePath).ShouldBeEmpty();
    }

    [Fact]
    public async Task Unpack_WhenItIsDamagedOrNone_ShouldWriteNothing()
    {
        using var workspace = new TestWorkspace();
        var stored = Pack(zip =>
        {
            using var entry = zip.CreateEntry("a", CompressionLevel.NoCompression).Open();
            entry.Write("content that is stored as it is"u8);
        });
        stored[stored.AsSpan().IndexOf("stored"u8)]++;
        byte[][] archives = [stored, [], "no zip at all"u8.ToArray(), Pack(zip => Add(zip, "a", "x"))[..^30]];

        foreach (var archive in archives)
        {
            (await UnpackAsync(workspace, null, archive)).Error!.Code.ShouldBe("FILE_015");
        }

        Directory.GetFileSystemEntries(workspace.Location.WorkspacePath).ShouldBeEmpty();
        workspace.Staged.ShouldBeEmpty();
    }

    [Fact]
    public async Task Unpack_WhenAFileIsThere_ShouldReplaceItOnlyWhenAskedTo()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("b", "old");
        var archive = Pack(zip =>
        {
            Add(zip, "a", "new");
            Add(zip, "b", "new", ProgramAttributes);
        });

        var refused = await UnpackAsync(workspace, null, archive, overwrite: false);
        var untouched = Directory.GetFiles(workspace.Location.WorkspacePath).Select(Path.GetFileName).ToList();
        var unpacked = await UnpackAsync(workspace, null, archive);

        refused.Error!.Code.ShouldBe("FILE_005");
        untouched.ShouldBe(["b"]);
        unpacked.Value.Replaced.ShouldBe(1);
        File.ReadAllText(workspace.OnDisk("b")).ShouldBe("new");
    }

    [Theory]
    [InlineData(Resolver.OpenAt2)]
    [InlineData(Resolver.ComponentWise)]
    public async Task Unpack_WhenALinkIsOnTheWay_ShouldWriteNothing(Resolver resolver)
    {
        using var workspace = new TestWorkspace(resolver);
        Directory.CreateSymbolicLink(workspace.OnDisk("link"), workspace.Outside);
        var archive = Pack(zip =>
        {
            Add(zip, "a", "x");
            Add(zip, "link/planted", "x");
        });

        (await UnpackAsync(workspace, null, archive)).Error!.Code.ShouldBe("FILE_003");
        (await UnpackAsync(workspace, "link", archive)).Error!.Code.ShouldBe("FILE_003");

        Directory.GetFileSystemEntries(workspace.Outside).ShouldBeEmpty();
        Directory.GetFiles(workspace.Location.WorkspacePath, "a").ShouldBeEmpty();
    }

    [Fact]
    public async Task Unpack_WhenAFileHasTheNameOfAFolder_ShouldRefuseAndWriteNothing()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("taken", "a file");

        var refused = await UnpackAsync(workspace, null, Pack(zip =>
        {
            Add(zip, "new.txt", "x");
            zip.CreateEntry("taken/");
        }));

        refused.Error!.Code.ShouldBe("FILE_007");
        File.Exists(workspace.OnDisk("new.txt")).ShouldBeFalse();
        File.ReadAllText(workspace.OnDisk("taken")).ShouldBe("a file");
    }

    private static async Task ShouldBeRefusedAsync(string rule, Action<ZipArchive> fill)
    {
        using var workspace = new TestWorkspace();
        var archive = Pack(zip =>
        {
            Add(zip, "good", "good");
            fill(zip);
        });

        var refused = await UnpackAsync(workspace, null, archive);

        refused.Error!.Code.ShouldBe("FILE_015");
        refused.Error.Details["rule"].ShouldBe(rule);
        Directory.GetFileSystemEntries(workspace.Location.WorkspacePath).ShouldBeEmpty();
        workspace.Staged.ShouldBeEmpty();
    }

    private static byte[] Pack(Action<ZipArchive> fill)
    {
        using var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            fill(zip);
        }

        return packed.ToArray();
    }

    private static void Add(ZipArchive zip, string name, string content, int attributes = 0)
    {
        var entry = zip.CreateEntry(name);
        entry.ExternalAttributes = attributes;
        using var output = entry.Open();
        output.Write(Encoding.UTF8.GetBytes(content));
    }

    private static string Noise(int length) => string.Concat(Enumerable.Range(0, length).Select(i => (char)('!' + (i * 7919 % 89))));

    private static async Task<byte[]> PackAsync(TestWorkspace workspace, string? path)
    {
        using var packed = new MemoryStream();
        using var folder = (await workspace.Archives.OpenAsync(workspace.Session, path is null ? null : Named(path), default)).Value;
        await folder.WriteAsync(packed, default);
        return packed.ToArray();
    }

    private static async Task<Result<UnpackedArchive>> UnpackAsync(TestWorkspace workspace, string? into, byte[] archive, bool overwrite = true)
    {
        using var content = new MemoryStream(archive);
        return await workspace.Archives.UnpackAsync(workspace.Session, into is null ? null : Named(into), content, null, overwrite, CancellationToken.None);
    }

    private static WorkspacePath Named(string path) => WorkspacePath.Parse(path).Value;

    /// <summary>An answer's body, as the server has it.</summary>
    private sealed class AsynchronousOnly : MemoryStream
    {
        public long Written { get; private set; }

        public int Largest { get; private set; }

        public override bool CanSeek => false;

        public override void Write(ReadOnlySpan<byte> buffer) => throw new InvalidOperationException("Synchronous.");

        public override void Write(byte[] buffer, int offset, int count) => throw new InvalidOperationException("Synchronous.");

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Written += buffer.Length;
            Largest = Math.Max(Largest, buffer.Length);
            return ValueTask.CompletedTask;
        }
    }
}
