using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace Claudy.Architecture.Tests;

/// <summary>Each threat in docs/security.md names tests that there are, in the place it says, and that run.</summary>
public sealed partial class DocumentedThreatsTests
{
    [Fact]
    public void Threats_ShouldEachNameATest()
    {
        Rows().Count.ShouldBeGreaterThan(25);
        Rows().Where(row => Names(row.Shown).Count == 0).Select(row => row.Threat).ShouldBeEmpty();
    }

    [Fact]
    public void Threats_WhenTheyNameATest_ShouldNameOneThatThereIs() =>
        Rows().SelectMany(row => Names(row.Shown).Where(name => !IsThere(name)).Select(name => $"{name}, for: {row.Threat}")).ShouldBeEmpty();

    [Fact]
    public void Tests_WhenThereAreNone_ShouldBeMissed()
    {
        IsThere("NoSuchTests").ShouldBeFalse();
        IsThere("HouseRules").ShouldBeTrue();
        IsThere("HouseRules.House_ShouldSeeEveryLayer").ShouldBeTrue();
        IsThere("HouseRules.House_ShouldSeeNothing").ShouldBeFalse();

        // A class without a test shows nothing.
        IsThere("Documents").ShouldBeFalse();
    }

    private static List<(string Threat, string Shown)> Rows() =>
    [
        .. Documents.Lines("security.md").SkipWhile(line => !line.StartsWith("| threat ", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => Separator().Split(line.Trim().Trim('|')))
            .Select(cells => (cells[0].Trim(), cells[^1].Trim())),
    ];

    private static List<string> Names(string shown) =>
        [.. Quoted().Matches(shown).Select(match => match.Groups["name"].Value).Where(name => !Assembly().IsMatch(name) || name == "eng/setup")];

    // As Class, Folder/Class or Class.Method; or a file of the repository.
    private static bool IsThere(string name)
    {
        if (name.Contains('/', StringComparison.Ordinal) && File.Exists(Path.Combine(Root(), name)))
        {
            return true;
        }

        var parts = name[(name.LastIndexOf('/') + 1)..].Split('.');
        var folder = name.Contains('/', StringComparison.Ordinal) ? name[..name.LastIndexOf('/')] : "";
        return Sources().Any(source =>
            source.Path.Contains($"/{folder}", StringComparison.Ordinal)
            && Regex.IsMatch(source.Text, $@"\bclass {Regex.Escape(parts[0])}\b", RegexOptions.None, Timeout)
            && TestAttribute().IsMatch(source.Text)
            && (parts.Length == 1 || Regex.IsMatch(source.Text, $@"\b{Regex.Escape(parts[1])}\(", RegexOptions.None, Timeout)));
    }

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
