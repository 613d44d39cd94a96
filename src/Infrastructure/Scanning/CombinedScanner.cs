using Claudy.Application.Files.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Scanning;

/// <summary>Several scanners, the quick ones first; the first that refuses has the word.</summary>
internal sealed class CombinedScanner(IReadOnlyList<IContentScanner> scanners) : IContentScanner
{
    public async Task<Result> ScanAsync(WorkspacePath path, SafeFileHandle content, CancellationToken cancellationToken)
    {
        foreach (var scanner in scanners)
        {
            var judged = await scanner.ScanAsync(path, content, cancellationToken);
            if (!judged.IsSuccess)
            {
                return judged;
            }
        }

        return Result.Success();
    }

    public async Task<IReadOnlyList<ScannerState>> ExamineAsync(CancellationToken cancellationToken)
    {
        List<ScannerState> states = [];
        foreach (var scanner in scanners)
        {
            states.AddRange(await scanner.ExamineAsync(cancellationToken));
        }

        return states;
    }
}
