using System.Text;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Claudy.Infrastructure.Scanning;
using Microsoft.Extensions.Options;

namespace Claudy.Integration.Tests.Scanning;

/// <summary>Has scanners look at real files.</summary>
internal static class ScannedFile
{
    /// <summary>EICAR's string, in parts: it must not stand in a file of this repository.</summary>
    public static readonly byte[] Eicar = Encoding.ASCII.GetBytes(@"X5O!P%@AP[4\PZX54(P^)7CC)7}" + "$EICAR-STANDARD-ANTIVIRUS" + "-TEST-FILE!$H+H*");

    public static BuiltInScanner Standard { get; } = Scanner(ContentPolicy.Standard);

    public static BuiltInScanner Strict { get; } = Scanner(ContentPolicy.Strict);

    public static BuiltInScanner Scanner(ContentPolicy policy) => new(Options.Create(new ContentPolicyOptions { ContentPolicy = policy }));

    public static Task<Result> LookAtAsync(this IContentScanner scanner, string text, string path = "file") =>
        scanner.LookAtAsync(Encoding.UTF8.GetBytes(text), path);

    public static async Task<Result> LookAtAsync(this IContentScanner scanner, byte[] content, string path = "file", CancellationToken cancellationToken = default)
    {
        var file = Path.Combine(Path.GetTempPath(), $"claudy-scan-{Guid.NewGuid():N}");
        await File.WriteAllBytesAsync(file, content, CancellationToken.None);
        try
        {
            using var handle = File.OpenHandle(file);
            return await scanner.ScanAsync(WorkspacePath.Parse(path).Value, handle, cancellationToken);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>The rule that it was refused by; null when it was let in.</summary>
    public static string? Rule(this Result result) => result.Error?.Details["rule"] as string;
}
