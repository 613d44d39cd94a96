using System.CommandLine;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Files.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.WebApi.Hosting;
using Microsoft.Extensions.Options;

namespace Claudy.WebApi.Cli.Doctor;

/// <summary><c>claudy doctor</c>: looks at all that Claudy needs and says what is missing and how to get it.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print the findings as JSON." };
        var command = new Command("doctor", "Says what is missing on this machine and how to get it.") { json };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(bool json, CancellationToken cancellationToken)
    {
        var findings = await ExamineAsync(cancellationToken);
        var report = new Report(findings.TrueForAll(finding => finding.Severity != Severity.Missing), findings);
        if (json)
        {
            ReportView.WriteJson(Console.Out, report);
        }
        else
        {
            ReportView.WriteTable(Console.Out, isTerminal: !Console.IsOutputRedirected, report);
        }

        return report.Ok ? ExitCode.Success : ExitCode.Failed;
    }

    private static async Task<List<Finding>> ExamineAsync(CancellationToken cancellationToken)
    {
        List<Finding> findings = [MachineChecks.Runtime(), MachineChecks.Socat(), MachineChecks.Git()];
        try
        {
            using var host = LocalServices.ComposeForExamination();
            await ExamineAsync(host.Services, findings, cancellationToken);
        }
        catch (Exception wrong) when (wrong is OptionsValidationException or StartupException)
        {
            findings.Add(new Finding("Settings", Severity.Missing, wrong.Message, "See docs/configuration.md."));
        }

        return findings;
    }

    private static async Task ExamineAsync(IServiceProvider services, List<Finding> findings, CancellationToken cancellationToken)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        findings.Add(await MachineChecks.AddressAsync(ListenUrl(configuration["urls"]!), cancellationToken));
        findings.Add(CredentialCheck.Run(services.GetRequiredService<ICredentialVault>().DefaultSource));

        findings.AddRange(await ContentCheck.RunAsync(services.GetRequiredService<IContentScanner>(), cancellationToken));

        var data = configuration[DataFolder.Key]!;
        findings.Add(MachineChecks.DataFolder(data));
        if (findings[^1].Severity != Severity.Missing)
        {
            findings.Add(MachineChecks.DiskSpace(data));
            findings.AddRange(await AgentCheck.RunAsync(services.GetRequiredService<IAgentLauncher>(), PinnedClaudeCode.Version(), cancellationToken));
        }
    }

    /// <summary>The first address that the server would listen on; one for all interfaces stands for loopback.</summary>
    private static Uri ListenUrl(string urls) =>
        new(urls.Split(';')[0].Replace("//*", "//127.0.0.1", StringComparison.Ordinal).Replace("//+", "//127.0.0.1", StringComparison.Ordinal));
}
