using System.Text;
using Claudy.Application.Files.Ports;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Files;

public sealed class ReadingFilesTests
{
    [Theory]
    [InlineData(0, null, "0123456789")]
    [InlineData(0, 4L, "0123")]
    [InlineData(8, 4L, "89")]
    [InlineData(3, null, "3456789")]
    [InlineData(10, null, "")]
    [InlineData(long.MaxValue, 1L, "")]
    [InlineData(2, 0L, "")]
    public async Task Read_WhenARangeIsAsked_ShouldGiveWhatThereIsOfIt(long offset, long? length, string expected)
    {
        using var workspace = new TestWorkspace();
        await workspace.WriteAsync("digits", "0123456789");

        var range = await workspace.ReadAsync("digits", offset, length);

        Encoding.ASCII.GetString(range.Value.Content.Span).ShouldBe(expected);
        range.Value.Offset.ShouldBe(offset);
        range.Value.Size.ShouldBe(10);
    }

    [Fact]
    public async Task Read_WhenMoreThanOneReadMayReturn_ShouldRefuseTheWholeButGiveParts()
    {
        using var workspace = new TestWorkspace(maxFileBytes: 10);
        workspace.PlantFile("large", new string('x', 25));

        (await workspace.ReadAsync("large")).Error!.Code.ShouldBe("FILE_001");
        (await workspace.ReadAsync("large", offset: 10, length: 10)).Value.Content.Length.ShouldBe(10);
        (await workspace.ReadAsync("large", offset: 20)).Value.Content.Length.ShouldBe(5);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("missing/below")]
    public async Task Read_WhenThereIsNone_ShouldSaySo(string path)
    {
        using var workspace = new TestWorkspace();

        (await workspace.ReadAsync(path)).Error!.Code.ShouldBe("FILE_004");
    }

    [Fact]
    public async Task List_WhenNotRecursive_ShouldTellEachNamesKind()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("a.txt", "12345");
        workspace.PlantFile("b/inner");
        Directory.CreateSymbolicLink(workspace.OnDisk("c"), "b");
        await workspace.PlantPipeAsync("d");
        File.SetLastWriteTimeUtc(workspace.OnDisk("a.txt"), new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc));

        var page = await workspace.ListAsync();

        page.Value.Entries.Select(entry => (entry.Path.Value, entry.Type)).ShouldBe(
            [("a.txt", FileEntryType.File), ("b", FileEntryType.Directory), ("c", FileEntryType.Symlink), ("d", FileEntryType.Other)]);
        page.Value.Entries[0].Size.ShouldBe(5);
        page.Value.Entries[0].Modified.ShouldBe(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        page.Value.Entries[1].Size.ShouldBe(0);
        page.Value.NextCursor.ShouldBeNull();
    }

    [Fact]
    public async Task List_WhenAFolderIsNamed_ShouldGivePathsFromTheWorkspace()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("a/b/c");
        workspace.PlantFile("z");

        var page = await workspace.ListAsync("a", recursive: true);

        page.Value.Entries.Select(entry => entry.Path.Value).ShouldBe(["a/b", "a/b/c"]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task List_WhenPaged_ShouldGiveEveryEntryOnceInOrder(int limit)
    {
        using var workspace = new TestWorkspace();
        string[] expected = ["a", "a/1", "a/2", "a/b", "a/b/x", "a-b", "a.txt", "b", "c", "c/1", "c/2", "c/3", "d"];
        foreach (var file in (string[])["a/1", "a/2", "a/b/x", "a-b", "a.txt", "b", "c/1", "c/2", "c/3", "d"])
        {
            workspace.PlantFile(file);
        }

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = (await workspace.ListAsync(recursive: true, limit: limit, cursor: cursor)).Value;
            page.Entries.Count.ShouldBe(Math.Min(limit, expected.Length - seen.Count));
            seen.AddRange(page.Entries.Select(entry => entry.Path.Value));
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        seen.ShouldBe(expected);
    }

    [Fact]
    public async Task List_WhenTheLastEntryIsGoneByTheNextPage_ShouldGoOnBehindIt()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("a/1");
        workspace.PlantFile("a/2");
        workspace.PlantFile("b");
        var first = (await workspace.ListAsync(recursive: true, limit: 2)).Value;
        Directory.Delete(workspace.OnDisk("a"), recursive: true);

        var second = (await workspace.ListAsync(recursive: true, limit: 2, cursor: first.NextCursor)).Value;

        first.Entries.Select(entry => entry.Path.Value).ShouldBe(["a", "a/1"]);
        second.Entries.ShouldHaveSingleItem().Path.Value.ShouldBe("b");
        second.NextCursor.ShouldBeNull();
    }

    [Theory]
    [InlineData("not base64!")]
    [InlineData("Li4vLi4vZXRj")]
    [InlineData("b3RoZXIvZmlsZQ")]
    public async Task List_WhenTheCursorIsNotItsOwn_ShouldRefuse(string cursor)
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("folder/file");

        (await workspace.ListAsync("folder", cursor: cursor)).Error!.Code.ShouldBe("FILE_003");
    }

    [Fact]
    public async Task List_WhenThereIsNoSuchFolder_ShouldSaySo()
    {
        using var workspace = new TestWorkspace();

        (await workspace.ListAsync("missing")).Error!.Code.ShouldBe("FILE_004");
    }

    [Fact]
    public async Task List_WhenAFilesTimeIsAbsurd_ShouldListItAllTheSame()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile("old");
        File.SetLastWriteTimeUtc(workspace.OnDisk("old"), new DateTime(1902, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        (await workspace.ListAsync()).Value.Entries.ShouldHaveSingleItem().Modified.Year.ShouldBe(1902);
    }
}
