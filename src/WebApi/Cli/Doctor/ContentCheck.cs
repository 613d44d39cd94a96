using Claudy.Application.Files.Ports;

namespace Claudy.WebApi.Cli.Doctor;

/// <summary>What looks at uploaded files, and whether it can.</summary>
internal static class ContentCheck
{
    private const string Fix = "Start clamd (apt install clamav-daemon), or mend or unset Claudy:ClamAv:Address; until then files cannot be uploaded, unless Claudy:ClamAv:FailOpen is set.";

    public static async Task<IEnumerable<Finding>> RunAsync(IContentScanner scanner, CancellationToken cancellationToken) =>
        (await scanner.ExamineAsync(cancellationToken)).Select(state => state.IsReady
            ? new Finding(state.Name, Severity.Ok, state.Found)
            : new Finding(state.Name, Severity.Warning, state.Found, Fix));
}
