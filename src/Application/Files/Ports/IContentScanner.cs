using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Application.Files.Ports;

/// <summary>Judges what is to be put into a workspace, before it gets its name there.</summary>
public interface IContentScanner
{
    /// <summary>Looks at a whole file.</summary>
    /// <param name="path">The name that it shall get.</param>
    /// <param name="content">The file, open for reading; it is read by offset, and stays the caller's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>
    /// Success; <c>FILE_002</c>, which names the rule, when it is refused; <c>FILE_021</c> when a scanner that is needed does not answer;
    /// <c>FILE_022</c> when it is larger than a scanner looks at.
    /// </returns>
    Task<Result> ScanAsync(WorkspacePath path, SafeFileHandle content, CancellationToken cancellationToken);

    /// <summary>What looks at files here, and whether it can; for whoever examines the machine.</summary>
    Task<IReadOnlyList<ScannerState>> ExamineAsync(CancellationToken cancellationToken);
}

/// <summary>Whether a scanner can do its work.</summary>
/// <param name="Name">Which one.</param>
/// <param name="IsReady">Whether it can.</param>
/// <param name="Found">What it is set to and says of itself, or why it cannot.</param>
public sealed record ScannerState(string Name, bool IsReady, string Found);
