using System.Text.Json;
using Spectre.Console;

namespace Claudy.WebApi.Cli.Doctor;

/// <summary>Shows findings: a table for people, JSON for programs.</summary>
internal static class ReportView
{
    public static void WriteJson(TextWriter output, Report report) =>
        output.WriteLine(JsonSerializer.Serialize(report, DoctorJson.Default.Report));

    public static void WriteTable(IAnsiConsole console, Report report)
    {
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "", "");
        foreach (var finding in report.Findings)
        {
            table.AddRow(Mark(finding.Severity), new Text(finding.Subject), Explain(finding));
        }

        console.Write(table);
        console.WriteLine();
        console.WriteLine(Conclusion(report));
    }

    private static Markup Mark(Severity severity) => new(severity switch
    {
        Severity.Ok => "[green]ok[/]",
        Severity.Warning => "[yellow]warning[/]",
        _ => "[red]missing[/]",
    });

    private static Rows Explain(Finding finding) => finding.Fix is { } fix
        ? new Rows(new Text(finding.Found), new Text("-> " + fix, new Style(decoration: Decoration.Dim)))
        : new Rows(new Text(finding.Found));

    private static string Conclusion(Report report)
    {
        if (!report.Ok)
        {
            return "Something essential is missing.";
        }

        return report.Findings.All(finding => finding.Severity == Severity.Ok) ? "All is well." : "Claudy runs; see the warnings.";
    }
}
