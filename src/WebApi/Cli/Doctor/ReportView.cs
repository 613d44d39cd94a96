using System.Text.Json;
using Spectre.Console;

namespace Claudy.WebApi.Cli.Doctor;

/// <summary>Shows findings: a table for people, JSON for programs.</summary>
internal static class ReportView
{
    // Wide enough that nothing wraps: a file has no edge.
    private const int FileWidth = 1000;

    public static void WriteJson(TextWriter output, Report report) =>
        output.WriteLine(JsonSerializer.Serialize(report, DoctorJson.Default.Report));

    public static void WriteTable(TextWriter output, bool isTerminal, Report report)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output), Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No });
        if (!isTerminal)
        {
            console.Profile.Width = FileWidth;
        }

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
