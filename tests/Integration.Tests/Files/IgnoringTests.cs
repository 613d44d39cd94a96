using System.Diagnostics;
using System.Text;
using Claudy.Domain.Workspaces.Ignoring;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Files;

/// <summary>Lists without what <c>.gitignore</c> names, with git as the judge.</summary>
public sealed class IgnoringTests
{
    private static readonly string[] Names =
    [
        "a", "b", "a.o", "b.txt", "foo", "foo.c", "Foo", "a b", "a ", "#x", "!x", "\\", "x[1]", "-", "]", "ä", "é.o", ".hidden", "build", "docs", "1", "z9",
    ];

    [SkippableTheory]
    [InlineData("*.o")]
    [InlineData("*.o\n!b.o\n!a.o")]
    [InlineData("/foo")]
    [InlineData("foo/")]
    [InlineData("foo/*\n!foo/a")]
    [InlineData("foo/bar")]
    [InlineData("**/foo")]
    [InlineData("**/foo/a")]
    [InlineData("foo/**")]
    [InlineData("a/**/b")]
    [InlineData("a/**b")]
    [InlineData("a**b\n**\n!*/\n!*.txt")]
    [InlineData("/*\n!/docs\n/docs/*\n!/docs/foo")]
    [InlineData("# comment\n\n\\#x\n\\!x")]
    [InlineData("a \na\\ \nb   ")]
    [InlineData("a b\r\nfoo\r\n")]
    [InlineData("\uFEFFfoo")]
    [InlineData("[ab]\n[!a-y]\n[^0-9].c")]
    [InlineData("x[[]1]\nx\\[1\\]\n[]-]\n[[:digit:]]\n[[:alpha:]][[:digit:]]")]
    [InlineData("[\n[a\n[[:nope:]]\n[z-a]\nfoo\\")]
    [InlineData("?")]
    [InlineData("??")]
    [InlineData("?.o\n*.?")]
    [InlineData("*/a\n*/*/b")]
    [InlineData("**/**/b\nfoo/**/**/a")]
    [InlineData("!foo\nfoo\n!foo")]
    [InlineData("/")]
    [InlineData("//\n/foo//a")]
    [InlineData("***\n!a")]
    [InlineData("foo*/a\n*oo/b")]
    [InlineData("[a-]\n[\\]]\n[\\\\]\n[!]a-]")]
    public async Task Ignores_ShouldSayWhatGitSays(string rules)
    {
        Tools.Require("git");
        var paths = Names.SelectMany(top => Names.Take(11).Select(inner => $"{top}/{inner}").Append(top)).Append("a/c/d/b").Append("foo/x/y/a").ToList();
        var ignored = IgnoreStack.OfRoot(new GitIgnore(Encoding.UTF8.GetBytes(rules)));

        var ours = paths.Where(path => IsLeftOut(ignored, path)).ToList();

        ours.ShouldBe(await IgnoredByGitAsync(paths, (".gitignore", rules)), rules);
    }

    [Fact]
    public async Task List_WhenIgnoring_ShouldLeaveOutWhatGitDoesToo()
    {
        using var workspace = new TestWorkspace();
        workspace.PlantFile(".gitignore", "*.log\n/build/\nnode_modules\n");
        workspace.PlantFile("src/.gitignore", "!keep.log\ngenerated/\n");
        workspace.PlantFile("src/deep/.gitignore", "*.log\n");
        string[] files =
        [
            "a.log", "a.txt", "build/x", "src/build/x", "src/keep.log", "src/other.log", "src/deep/keep.log", "src/deep/a.txt", "src/generated/x",
            "src/node_modules/x/index.js", ".git/HEAD", "z",
        ];
        foreach (var file in files)
        {
            workspace.PlantFile(file);
        }

        var all = await PathsAsync(workspace, limit: 1000);
        var paged = await PathsAsync(workspace, limit: 2);

        all.ShouldBe([".gitignore", "a.txt", "src", "src/.gitignore", "src/build", "src/build/x", "src/deep", "src/deep/.gitignore", "src/deep/a.txt", "src/keep.log", "z"]);
        paged.ShouldBe(all);
        (await workspace.ListAsync("src/deep", ignore: true)).Value.Entries.Select(entry => entry.Path.Name).ShouldBe([".gitignore", "a.txt"]);
        (await workspace.ListAsync("src/generated", ignore: true)).Value.Entries.ShouldBeEmpty();
        (await workspace.ListAsync("src/generated")).Value.Entries.Count.ShouldBe(1);
    }

    [Fact]
    public async Task List_WhenTheIgnoreFileIsALink_ShouldNotReadIt()
    {
        using var workspace = new TestWorkspace();
        await File.WriteAllTextAsync(Path.Combine(workspace.Outside, "rules"), "*");
        File.CreateSymbolicLink(workspace.OnDisk(".gitignore"), Path.Combine(workspace.Outside, "rules"));
        workspace.PlantFile("a");

        (await workspace.ListAsync(ignore: true)).Value.Entries.Select(entry => entry.Path.Name).ShouldBe([".gitignore", "a"]);
    }

    [Fact]
    public void Ignores_WhenAPatternIsHostile_ShouldGiveUpSoon()
    {
        var rules = new GitIgnore(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("**/*a", 40)) + "z"));
        var watch = Stopwatch.StartNew();

        rules.Ignores(string.Join('/', Enumerable.Repeat("aaaaaaaaaaaaaaa", 60)), isDirectory: false).ShouldBeNull();

        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    private static async Task<List<string>> PathsAsync(TestWorkspace workspace, int limit)
    {
        var paths = new List<string>();
        string? cursor = null;
        do
        {
            var page = (await workspace.ListAsync(recursive: true, limit: limit, cursor: cursor, ignore: true)).Value;
            paths.AddRange(page.Entries.Select(entry => entry.Path.Value));
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        return paths;
    }

    // As a listing does: what is in a folder that is left out is not looked at.
    private static bool IsLeftOut(IgnoreStack ignored, string path)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            if (ignored.Ignores(path[..slash], isDirectory: true))
            {
                return true;
            }
        }

        return ignored.Ignores(path, isDirectory: false);
    }

    private static async Task<List<string>> IgnoredByGitAsync(IReadOnlyList<string> paths, params (string Path, string Rules)[] files)
    {
        var folder = Directory.CreateTempSubdirectory("claudy-git-");
        try
        {
            await GitAsync(folder.FullName, "", "init", "-q");
            foreach (var (path, rules) in files)
            {
                await File.WriteAllTextAsync(Path.Combine(folder.FullName, path), rules);
            }

            var said = await GitAsync(folder.FullName, string.Join('\0', paths), "-c", "core.excludesFile=/dev/null", "check-ignore", "--no-index", "--stdin", "-z");
            return [.. said.Split('\0', StringSplitOptions.RemoveEmptyEntries)];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<string> GitAsync(string folder, string input, params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var output = git.StandardOutput.ReadToEndAsync();
        await git.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(input));
        git.StandardInput.Close();
        await git.WaitForExitAsync();
        git.ExitCode.ShouldBeLessThan(2);
        return await output;
    }
}
