using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace Claudy.Architecture.Tests;

/// <summary>Merging leaves rows twice and torn where two branches changed a table: no page may keep such a one.</summary>
public sealed partial class DocumentedTablesTests
{
    public static TheoryData<string> Pages => [.. Documents.Pages()];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Rows_OfEachTable_ShouldHaveAsManyCellsAsItsHead(string page) =>
        TablesOf(page).SelectMany(table => table.Where(row => Cells(row).Length != Cells(table[0]).Length)).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Pages))]
    public void Keys_OfEachTable_ShouldBeThereOnce(string page) =>
        TablesOf(page).SelectMany(table => table.GroupBy(row => Cells(row)[0], StringComparer.Ordinal).Where(rows => rows.Count() > 1).Select(rows => rows.Key))
            .ShouldBeEmpty();

    [Fact]
    public void Tables_ShouldBeFound() => TablesOf("protocol.md").Count.ShouldBeGreaterThan(5);

    private static List<List<string>> TablesOf(string page)
    {
        List<List<string>> tables = [];
        var isWithin = false;
        foreach (var line in Documents.Lines(page))
        {
            var isRow = line.StartsWith('|');
            if (isRow && !isWithin)
            {
                tables.Add([]);
            }

            if (isRow)
            {
                tables[^1].Add(line);
            }

            isWithin = isRow;
        }

        return tables;
    }

    private static string[] Cells(string row) => [.. Separator().Split(row.Trim().Trim('|')).Select(cell => cell.Trim())];

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex Separator();
}
