using System.Net.Sockets;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Scanning;

/// <summary>Has ClamAV's daemon look at files, over its socket.</summary>
internal sealed partial class ClamAvScanner(IOptions<ClamAvOptions> options, TimeProvider time, ILogger<ClamAvScanner> logger) : IContentScanner
{
    private const string Name = "ClamAV";
    private const string Clean = "stream: OK";
    private const string StreamPrefix = "stream: ";
    private const string FoundSuffix = " FOUND";
    private const string TooLong = "size limit exceeded";

    public async Task<Result> ScanAsync(WorkspacePath path, SafeFileHandle content, CancellationToken cancellationToken)
    {
        var asked = await AskAsync((clamd, token) => clamd.ScanAsync(content, token), cancellationToken);
        if (asked.Answer is not { } answer)
        {
            return Unavailable(path, asked.Trouble!);
        }

        if (answer == Clean)
        {
            return Result.Success();
        }

        if (answer.StartsWith(StreamPrefix, StringComparison.Ordinal) && answer.EndsWith(FoundSuffix, StringComparison.Ordinal))
        {
            var signature = answer[StreamPrefix.Length..^FoundSuffix.Length];
            return WorkspaceErrors.ContentRefused(path.Value, "clamav", $"is known to ClamAV as {signature}").With("signature", signature);
        }

        return answer.Contains(TooLong, StringComparison.OrdinalIgnoreCase) ? WorkspaceErrors.TooLargeToScan(path.Value, Name) : Unavailable(path, answer);
    }

    public async Task<IReadOnlyList<ScannerState>> ExamineAsync(CancellationToken cancellationToken)
    {
        var (answer, trouble) = await AskAsync((clamd, token) => clamd.AskVersionAsync(token), cancellationToken);
        var isReady = answer?.StartsWith(Name, StringComparison.Ordinal) == true;
        return [new ScannerState(Name, isReady, isReady ? $"{answer} at {options.Value.Address}" : $"no answer of clamd at {options.Value.Address}: {trouble ?? answer}")];
    }

    private async Task<(string? Answer, string? Trouble)> AskAsync(
        Func<ClamAvConnection, CancellationToken, Task<string>> ask, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(options.Value.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            using var clamd = await ClamAvConnection.OpenAsync(ClamAvAddress.Parse(options.Value.Address!)!, either.Token);
            var answer = await ask(clamd, either.Token);
            return answer.Length > 0 ? (answer, null) : (null, "it hung up.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"it took longer than {options.Value.Timeout}.");
        }
        catch (SocketException e)
        {
            return (null, e.Message);
        }
    }

    private Result Unavailable(WorkspacePath path, string trouble)
    {
        if (options.Value.FailOpen)
        {
            LogLetIn(path.Value, trouble);
            return Result.Success();
        }

        LogRefused(path.Value, trouble);
        return WorkspaceErrors.ScannerUnavailable(path.Value, Name);
    }

    [LoggerMessage(2700, LogLevel.Error, "{Path} was refused, since ClamAV could not look at it: {Trouble}")]
    private partial void LogRefused(string path, string trouble);

    [LoggerMessage(2701, LogLevel.Warning, "{Path} was let in although ClamAV could not look at it, as Claudy:ClamAv:FailOpen says: {Trouble}")]
    private partial void LogLetIn(string path, string trouble);
}
