using System.Text.RegularExpressions;
using Mono.Cecil;
using Shouldly;
using Xunit;

namespace Claudy.Architecture.Tests;

/// <summary>The table in docs/configuration.md has every setting that the program reads, and no others.</summary>
public sealed partial class DocumentedSettingsTests
{
    [Fact]
    public void Settings_WhenTheProgramReadsOne_ShouldBeInTheTable() =>
        SettingsInAssemblies().Except(SettingsInTable()).ShouldBeEmpty();

    [Fact]
    public void Settings_WhenTheTableHasOne_ShouldBeReadByTheProgram() =>
        SettingsInTable().Except(SettingsInAssemblies()).ShouldBeEmpty();

    private static SortedSet<string> SettingsInTable() =>
        [.. Documents.Lines("configuration.md").Select(line => TableRow().Match(line)).Where(row => row.Success).Select(row => row.Groups["key"].Value)];

    private static SortedSet<string> SettingsInAssemblies()
    {
        var options = Product.Types().Where(type => SectionOf(type) is not null).ToList();
        var sections = options.Select(SectionOf).ToHashSet(StringComparer.Ordinal);
        var bound = options.SelectMany(type => type.Properties.Where(IsBound).Select(property => $"{SectionOf(type)}:{property.Name}"));
        var read = Product.Strings().Where(text => Key().IsMatch(text) && !sections.Contains(text));
        return [.. bound.Concat(read).Except(NotSettings, StringComparer.Ordinal)];
    }

    /// <summary>Options that stand under another name in the configuration, which their adapter says in a string.</summary>
    private static readonly string[] NotSettings = ["Claudy:Broker:Upstream"];

    private static string? SectionOf(TypeDefinition type) =>
        type.Name.EndsWith("Options", StringComparison.Ordinal)
            ? type.Fields.FirstOrDefault(field => field is { Name: "Section", HasConstant: true })?.Constant as string
            : null;

    private static bool IsBound(PropertyDefinition property) =>
        property.GetMethod is { IsPublic: true, IsStatic: false }
        && (property.SetMethod is { IsPublic: true } || IsCollection(property.PropertyType));

    // The binder adds to these without a setter.
    private static bool IsCollection(TypeReference type) =>
        type.Name.StartsWith("IList", StringComparison.Ordinal) || type.Name.StartsWith("IDictionary", StringComparison.Ordinal);

    [GeneratedRegex("^Claudy(:[A-Z][A-Za-z]*)+$")]
    private static partial Regex Key();

    [GeneratedRegex("^\\| `(?<key>Claudy(:[A-Z][A-Za-z]*)+)` \\|")]
    private static partial Regex TableRow();
}
