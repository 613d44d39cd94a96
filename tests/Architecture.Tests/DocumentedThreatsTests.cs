using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace Claudy.Architecture.Tests;

/// <summary>Each threat in docs/security.md names tests that there are, in the project and folder that it says, and that run.</summary>
public sealed partial class DocumentedThreatsTests
{
    private const string Here = "Architecture.Tests";
    private const string UnlessNamed = "Integration.Tests";

    [Fact]
    public void Threats_ShouldEachNameATest()
    {
        Rows().Count.ShouldBeGreaterThan(25);
        Rows().Where(row => Names(row.Shown).Count == 0).Select(row => row.Threat).ShouldBeEmpty();
    }

    [Fact]
    public void Threats_WhenTheyNameATest_ShouldNameOneThatThereIs() =>
        Rows().SelectMany(row => Names(row.Shown).Where(test => !IsThere(test)).Select(test => $"{test.Name} in {test.Project}, for: {row.Threat}")).ShouldBeEmpty();

    [Fact]
    public void Tests_WhenThereAreNone_ShouldBeMissed()
    {
        IsThere(new("NoSuchTests", Here)).ShouldBeFalse();
        IsThere(new("HouseRules", Here)).ShouldBeTrue();
        IsThere(new("HouseRules.House_ShouldSeeEveryLayer", Here)).ShouldBeTrue();
        IsThere(new("HouseRules.House_ShouldSeeNothing", Here)).ShouldBeFalse();

        // A class without a test shows nothing.
        IsThere(new("Documents", Here)).ShouldBeFalse();
    }

    [Fact]
    public void Tests_WhenTheyAreInAnotherPlace_ShouldBeMissed()
    {
        IsThere(new("HouseRules", "Domain.Tests")).ShouldBeFalse();
        IsThere(new("EndToEnd/BudgetTests", UnlessNamed)).ShouldBeTrue();
        IsThere(new("Files/BudgetTests", UnlessNamed)).ShouldBeFalse();
        IsThere(new("ToEnd/BudgetTests", UnlessNamed)).ShouldBeFalse();
    }

    [Fact]
    public void Places_ShouldBeOfAllNamesSinceTheLastSemicolonOrPlace() =>
        Names("`A`, `B/C`; `D` and `E` in `Domain.Tests`, `F` (so and so) in `Application.Tests`, `G`").ShouldBe([
            new("A", UnlessNamed), new("B/C", UnlessNamed), new("D", "Domain.Tests"), new("E", "Domain.Tests"), new("F", "Application.Tests"), new("G", UnlessNamed),
        ]);

    private static List<(string Threat, string Shown)> Rows() =>
    [
        .. Documents.Lines("security.md").SkipWhile(line => !line.StartsWith("| threat ", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => Separator().Split(line.Trim().Trim('|')))
            .Select(cells => (cells[0].Trim(), cells[^1].Trim())),
    ];

    // A place is that of the names before it, back to a semicolon or another place.
    private static List<NamedTest> Names(string shown)
    {
        List<NamedTest> all = [];
        foreach (var list in shown.Split(';'))
        {
            var from = all.Count;
            foreach (Match quoted in Quoted().Matches(list))
            {
                var name = quoted.Groups["name"].Value;
                if (!Assembly().IsMatch(name))
                {
                    all.Add(new NamedTest(name, UnlessNamed));
                    continue;
                }

                for (; from < all.Count; from++)
                {
                    all[from] = all[from] with { Project = name };
                }
            }
        }

        return all;
    }

    // As Class, Folder/Class or Class.Method; or a file of the repository.
    private static bool IsThere(NamedTest test)
    {
        if (test.Name.Contains('/', StringComparison.Ordinal) && File.Exists(Path.Combine(Root(), test.Name)))
        {
            return true;
        }

        var parts = test.Name[(test.Name.LastIndexOf('/') + 1)..].Split('.');
        var folder = $"/tests/{test.Project}/{test.Name[..(test.Name.LastIndexOf('/') + 1)]}";
        return Sources().Any(source =>
            source.Path.StartsWith(Root() + folder, StringComparison.Ordinal)
            && Regex.IsMatch(source.Text, $@"\bclass {Regex.Escape(parts[0])}\b", RegexOptions.None, Timeout)
            && TestAttribute().IsMatch(source.Text)
            && (parts.Length == 1 || Regex.IsMatch(source.Text, $@"\b{Regex.Escape(parts[1])}\(", RegexOptions.None, Timeout)));
    }

    private sealed record NamedTest(string Name, string Project);

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private static readonly Lazy<List<(string Path, string Text)>> AllSources = new(() =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Root(), "tests"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal))
            .Select(path => (path, File.ReadAllText(path))),
    ]);

    private static List<(string Path, string Text)> Sources() => AllSources.Value;

    private static string Root() => Path.GetDirectoryName(Documents.Folder())!;

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex Separator();

    [GeneratedRegex("`(?<name>[^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^[A-Z][A-Za-z]*\.Tests$")]
    private static partial Regex Assembly();

    [GeneratedRegex(@"\[(Fact|Theory|Property|SkippableFact|SkippableTheory)\b")]
    private static partial Regex TestAttribute();
}
