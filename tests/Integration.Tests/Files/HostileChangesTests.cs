using System.Runtime.InteropServices;
using Claudy.Domain.Workspaces;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Files;

/// <summary>Moving, deleting and writing while Claude plants links and swaps names: nothing outside is touched, whichever way names are resolved.</summary>
public sealed class HostileChangesTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(Resolver.OpenAt2)]
    [InlineData(Resolver.ComponentWise)]
    public async Task AnyChange_WhenALinkIsOnTheWay_ShouldRefuse(Resolver resolver)
    {
        using var workspace = new TestWorkspace(resolver);
        workspace.PlantFile("file");
        var secret = Path.Combine(workspace.Outside, "secret");
        await File.WriteAllTextAsync(secret, "outside");
        Directory.CreateSymbolicLink(workspace.OnDisk("link"), workspace.Outside);

        string?[] codes =
        [
            (await workspace.MoveAsync("file", "link/planted")).Error?.Code,
            (await workspace.MoveAsync("link/secret", "stolen")).Error?.Code,
            (await workspace.DeleteAsync("link/secret", recursive: true)).Error?.Code,
            (await workspace.MakeDirectoryAsync("link/planted")).Error?.Code,
            (await workspace.StreamAsync("link/planted", "x")).Error?.Code,
            (await workspace.OpenAsync("link/secret")).Error?.Code,
        ];

        codes.ShouldAllBe(code => code == "FILE_003");
        Directory.GetFileSystemEntries(workspace.Outside).ShouldBe([secret]);
        (await File.ReadAllTextAsync(secret)).ShouldBe("outside");
    }

    [Theory]
    [InlineData(Resolver.OpenAt2)]
    [InlineData(Resolver.ComponentWise)]
    public async Task AnyChange_WhenTheNameItselfIsALink_ShouldChangeTheLinkAlone(Resolver resolver)
    {
        using var workspace = new TestWorkspace(resolver);
        await File.WriteAllTextAsync(Path.Combine(workspace.Outside, "secret"), "outside");
        Directory.CreateSymbolicLink(workspace.OnDisk("folder-link"), workspace.Outside);
        File.CreateSymbolicLink(workspace.OnDisk("file-link"), Path.Combine(workspace.Outside, "secret"));

        var written = await workspace.StreamAsync("file-link", "x");
        var opened = await workspace.OpenAsync("file-link");
        var moved = await workspace.MoveAsync("file-link", "moved");
        var deleted = await workspace.DeleteAsync("folder-link", recursive: true);

        written.Error!.Code.ShouldBe("FILE_007");
        opened.Error!.Code.ShouldBe("FILE_003");
        moved.IsSuccess.ShouldBeTrue();
        new FileInfo(workspace.OnDisk("moved")).LinkTarget.ShouldNotBeNull();
        deleted.IsSuccess.ShouldBeTrue();
        (await File.ReadAllTextAsync(Path.Combine(workspace.Outside, "secret"))).ShouldBe("outside");
    }

    [Fact]
    public async Task Delete_WhenLinksAreWithin_ShouldNotFollowThem()
    {
        using var workspace = new TestWorkspace();
        await File.WriteAllTextAsync(Path.Combine(workspace.Outside, "secret"), "outside");
        Directory.CreateDirectory(workspace.OnDisk("folder/inner"));
        Directory.CreateSymbolicLink(workspace.OnDisk("folder/inner/link"), workspace.Outside);
        await workspace.PlantHardLinkAsync("folder/hard", Path.Combine(workspace.Outside, "secret"));

        (await workspace.DeleteAsync("folder", recursive: true)).IsSuccess.ShouldBeTrue();

        (await File.ReadAllTextAsync(Path.Combine(workspace.Outside, "secret"))).ShouldBe("outside");
    }

    [Fact]
    public async Task Write_WhenTheNameIsAHardLink_ShouldLeaveTheOtherNameAlone()
    {
        using var workspace = new TestWorkspace();
        var other = Path.Combine(workspace.Outside, "other");
        await File.WriteAllTextAsync(other, "kept");
        await workspace.PlantHardLinkAsync("one", other);
        await workspace.PlantHardLinkAsync("two", other);
        workspace.PlantFile("three", "new");

        (await workspace.StreamAsync("one", "new")).IsSuccess.ShouldBeTrue();
        (await workspace.MoveAsync("three", "two", overwrite: true)).IsSuccess.ShouldBeTrue();

        (await File.ReadAllTextAsync(other)).ShouldBe("kept");
    }

    [Theory]
    [InlineData(Resolver.OpenAt2)]
    [InlineData(Resolver.ComponentWise)]
    public async Task AnyChange_WhenAFolderIsSwappedForALinkMeanwhile_ShouldStayInside(Resolver resolver)
    {
        using var workspace = new TestWorkspace(resolver);
        var outside = new[] { "victim", "a", "sub/inner" }.Select(name => Path.Combine(workspace.Outside, name)).ToList();
        Directory.CreateDirectory(Path.Combine(workspace.Outside, "sub"));
        outside.ForEach(path => File.WriteAllText(path, "outside"));
        workspace.PlantFile("folder/a", "inside");
        using var stop = new CancellationTokenSource(Deadline);
        var swapping = Task.Factory.StartNew(() => Swap(workspace, stop.Token), TaskCreationOptions.LongRunning);

        int accepted = 0, refused = 0;
        void Count(Domain.Shared.IResult result)
        {
            accepted += result.Error is null ? 1 : 0;
            refused += result.Error?.Code == "FILE_003" ? 1 : 0;
        }

        while (!stop.IsCancellationRequested && (accepted < 200 || refused < 200))
        {
            Count(await workspace.StreamAsync("folder/victim", "inside"));
            Count(await workspace.StreamAsync("folder/sub/new", "inside"));
            Count(await workspace.MoveAsync("folder/victim", "folder/sub/moved", overwrite: true));
            Count(await workspace.MakeDirectoryAsync("folder/sub/made"));
            Count(await workspace.DeleteAsync("folder/victim", recursive: false));
            Count(await workspace.DeleteAsync("folder/sub", recursive: true));
            var opened = await workspace.OpenAsync("folder/a");
            if (opened.IsSuccess)
            {
                using var reader = new StreamReader(opened.Value.Content);
                (await reader.ReadToEndAsync()).ShouldBe("inside");
            }
        }

        var wasInTime = !stop.IsCancellationRequested;
        await stop.CancelAsync();
        await swapping;
        wasInTime.ShouldBeTrue($"{accepted} changes met the folder and {refused} the link: too few to tell");
        Directory.GetFiles(workspace.Outside, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ShouldBe(outside.Order(StringComparer.Ordinal));
        outside.ShouldAllBe(path => File.ReadAllText(path) == "outside");
    }

    [Theory]
    [InlineData("../up")]
    [InlineData("a/../../up")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("./a")]
    [InlineData("a/")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("a\u007Fb")]
    [InlineData("a\u202Eb")]
    [InlineData("a\u2066b")]
    [InlineData("a\u200Bb")]
    [InlineData("a\uD800b")]
    [InlineData("..\\up")]
    public void Parse_WhenANameLeadsOutOrDeceives_ShouldRefuse(string path) => WorkspacePath.Parse(path).Error!.Code.ShouldBe("FILE_003");

    [Theory]
    [InlineData(Resolver.OpenAt2)]
    [InlineData(Resolver.ComponentWise)]
    public async Task AnyChange_WhenNamesAreAsLongAndDeepAsTheyMayBe_ShouldWork(Resolver resolver)
    {
        using var workspace = new TestWorkspace(resolver);
        var deep = string.Join('/', Enumerable.Repeat("d", WorkspacePath.MaxDepth));
        var wide = string.Join('/', Enumerable.Repeat(new string('w', WorkspacePath.MaxNameBytes), 4));

        foreach (var path in (string[])[deep, wide])
        {
            (await workspace.StreamAsync(path, "x")).IsSuccess.ShouldBeTrue(path);
            (await workspace.MoveAsync(path, "moved", overwrite: true)).IsSuccess.ShouldBeTrue(path);
        }

        (await workspace.DeleteAsync("d", recursive: true)).IsSuccess.ShouldBeTrue();
        Directory.Exists(workspace.OnDisk("d")).ShouldBeFalse();
    }

    [Fact]
    public async Task Names_WhenTheyOnlyLookAlike_ShouldBeDifferentFiles()
    {
        using var workspace = new TestWorkspace();
        string[] names = ["file", "FILE", "\u0441.txt", "c.txt", "\u00E9", "e\u0301", "con", "nul.txt", "file.", " file"];

        foreach (var name in names)
        {
            (await workspace.StreamAsync(name, name)).Value.Created.ShouldBeTrue(name);
        }

        Directory.GetFiles(workspace.Location.WorkspacePath).Length.ShouldBe(names.Length);
        names.ShouldAllBe(name => File.ReadAllText(workspace.OnDisk(name)) == name);
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
}
