using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace Claudy.Architecture.Tests;

/// <summary>Clients program against error codes: the table in docs/protocol.md has all of them, and no others.</summary>
public sealed partial class DocumentedErrorsTests
{
    [Fact]
    public void ErrorCodes_WhenTheProgramHasOne_ShouldBeInTheTable() =>
        CodesInAssemblies().Except(CodesInTable()).ShouldBeEmpty();

    [Fact]
    public void ErrorCodes_WhenTheTableHasOne_ShouldBeInTheProgram() =>
        CodesInTable().Except(CodesInAssemblies()).ShouldBeEmpty();

    private static SortedSet<string> CodesInTable() =>
        [.. Documents.Lines("protocol.md").Select(line => TableRow().Match(line)).Where(row => row.Success).Select(row => row.Groups["code"].Value)];

    private static SortedSet<string> CodesInAssemblies() => [.. Product.Strings().Where(text => Code().IsMatch(text))];

    [GeneratedRegex("^[A-Z]+_[0-9]{3}$")]
    private static partial Regex Code();

    [GeneratedRegex("^\\| `(?<code>[A-Z]+_[0-9]{3})` \\|")]
    private static partial Regex TableRow();
}
