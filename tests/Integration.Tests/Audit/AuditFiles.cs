using System.Text;
using Claudy.Application.Audit;
using Claudy.Application.Audit.Ports;
using Claudy.Infrastructure.Audit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Claudy.Integration.Tests.Audit;

/// <summary>An audit log in a folder of its own, and what lies in it.</summary>
internal sealed class AuditFiles : IAsyncDisposable
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("claudy-audit-");
    private readonly List<FileAuditLog> _open = [];

    public AuditFiles(long maxFileBytes = 16 * 1024 * 1024) =>
        Options = new AuditOptions { Path = Path.Combine(_root.FullName, "audit"), MaxFileBytes = maxFileBytes };

    public AuditOptions Options { get; }

    public string Folder => Options.Path;

    public IReadOnlyList<string> Paths => [.. Directory.EnumerateFiles(Folder, "*.jsonl").Order(StringComparer.Ordinal)];

    public IAuditTrail Trail => new FileAuditTrail(Microsoft.Extensions.Options.Options.Create(Options));

    public FileAuditLog Open(TimeProvider? time = null, ILogger<FileAuditLog>? logger = null)
    {
        var log = new FileAuditLog(
            Microsoft.Extensions.Options.Options.Create(Options), time ?? TimeProvider.System, logger ?? NullLogger<FileAuditLog>.Instance);
        _open.Add(log);
        return log;
    }

    /// <summary>Writes records and closes the log.</summary>
    public async Task WriteAsync(int count, string action = "test")
    {
        await using var log = Open();
        for (var i = 0; i < count; i++)
        {
            await log.AppendAsync(new AuditEntry(action, AuditOutcome.Done) { Username = "alice", Target = $"target-{i}", Details = [new("n", $"{i}")] }, default);
        }
    }

    public Task<AuditVerdict> VerifyAsync(string? head = null, string? after = null) => Trail.VerifyAsync(new AuditCheck(head, after), default);

    public string[] Lines(int file = 0) => File.ReadAllLines(Paths[file]);

    public void Write(string[] lines, int file = 0) => File.WriteAllText(Paths[file], string.Concat(lines.Select(line => line + "\n")), Utf8);

    public async ValueTask DisposeAsync()
    {
        foreach (var log in _open)
        {
            await log.DisposeAsync();
        }

        _root.Delete(recursive: true);
    }
}
