using System.Buffers;
using System.Text;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Scanning;

/// <summary>The rules that need nothing but Claudy.</summary>
internal sealed class BuiltInScanner(IOptions<ContentPolicyOptions> options) : IContentScanner
{
    private const int HeadLength = 4096;
    private const int PieceLength = 64 * 1024;

    private readonly ContentPolicy _policy = options.Value.ContentPolicy;

    public async Task<Result> ScanAsync(WorkspacePath path, SafeFileHandle content, CancellationToken cancellationToken) =>
        await FindAsync(path, content, cancellationToken) is { } objection
            ? WorkspaceErrors.ContentRefused(path.Value, objection.Rule, objection.Why)
            : Result.Success();

    public Task<IReadOnlyList<ScannerState>> ExamineAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ScannerState>>([new ScannerState("Content policy", IsReady: true, _policy switch
        {
            ContentPolicy.Off => "off: any content can be uploaded",
            ContentPolicy.Strict => "strict: no programs, scripts, hidden files and harmful shell commands",
            _ => "standard: no programs of operating systems, no malware test strings",
        })]);

    private async Task<Objection?> FindAsync(WorkspacePath path, SafeFileHandle content, CancellationToken cancellationToken)
    {
        if (_policy == ContentPolicy.Off)
        {
            return null;
        }

        if (_policy == ContentPolicy.Strict && StrictRules.OfName(path) is { } objection)
        {
            return objection;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            var read = await ReadAsync(content, buffer, 0, HeadLength, cancellationToken);
            return OfHead(buffer.AsSpan(0, read)) ?? (_policy == ContentPolicy.Strict ? await OfWholeAsync(content, buffer, cancellationToken) : null);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private Objection? OfHead(ReadOnlySpan<byte> head) =>
        ProgramFormats.Native(head) ?? MalwareTestString.Find(head) ?? (_policy == ContentPolicy.Strict ? StrictRules.OfHead(head) : null);

    /// <summary>Looks at the content in pieces that overlap by as much as a pattern can match, so that none hides in a seam.</summary>
    private static async Task<Objection?> OfWholeAsync(SafeFileHandle content, byte[] buffer, CancellationToken cancellationToken)
    {
        var text = ArrayPool<char>.Shared.Rent(PieceLength);
        try
        {
            var at = 0L;
            while (true)
            {
                var read = await ReadAsync(content, buffer, at, PieceLength, cancellationToken);
                var letters = Encoding.Latin1.GetChars(buffer.AsSpan(0, read), text);
                if (ShellPatterns.Find(text.AsSpan(0, letters)) is { } objection)
                {
                    return objection;
                }

                if (read < PieceLength)
                {
                    return null;
                }

                at += PieceLength - ShellPatterns.LongestMatch;
            }
        }
        finally
        {
            ArrayPool<char>.Shared.Return(text);
        }
    }

    private static async Task<int> ReadAsync(SafeFileHandle content, byte[] buffer, long offset, int length, CancellationToken cancellationToken)
    {
        var filled = 0;
        while (filled < length
            && await RandomAccess.ReadAsync(content, buffer.AsMemory(filled, length - filled), offset + filled, cancellationToken) is var read and > 0)
        {
            filled += read;
        }

        return filled;
    }
}
