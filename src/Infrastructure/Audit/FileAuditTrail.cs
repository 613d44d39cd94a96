using System.Runtime.CompilerServices;
using System.Text.Json;
using Claudy.Application.Audit.Ports;
using Claudy.Application.Sessions.Ports;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Audit;

/// <summary>Reads the files of the audit log, without its lock: a record that is being written is one that is not there yet.</summary>
internal sealed class FileAuditTrail(IOptions<AuditOptions> options) : IAuditTrail
{
    public async Task<AuditVerdict> VerifyAsync(AuditCheck check, CancellationToken cancellationToken)
    {
        var files = Files();
        var walk = new AuditWalk(check);
        foreach (var path in files)
        {
            var bytes = await ReadAsync(path, cancellationToken);
            if (!walk.Take(path, bytes, isLast: path == files[^1]))
            {
                break;
            }
        }

        return walk.Conclude(options.Value.Path);
    }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(AuditFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var path in Files())
        {
            ReadOnlyMemory<byte> rest = await ReadAsync(path, cancellationToken);
            while (rest.Span.IndexOf((byte)'\n') is >= 0 and var end)
            {
                if (Fits(filter, rest[..end]))
                {
                    yield return rest[..end];
                }

                rest = rest[(end + 1)..];
            }
        }
    }

    private static bool Fits(AuditFilter filter, ReadOnlyMemory<byte> line)
    {
        if (filter is { From: null, To: null, User: null, Action: null })
        {
            return true;
        }

        try
        {
            using var document = JsonDocument.Parse(line);
            var record = document.RootElement;
            return record.TryGetProperty("time"u8, out var time) && time.TryGetDateTimeOffset(out var at)
                && (filter.From is null || at >= filter.From)
                && (filter.To is null || at < filter.To)
                && (filter.User is null || Is(record, "user", filter.User) || Is(record, "name", filter.User))
                && (filter.Action is null || Is(record, "action", filter.Action) || (filter.Action.EndsWith('.') && Text(record, "action").StartsWith(filter.Action, StringComparison.Ordinal)));
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException)
        {
            // What it was nobody knows; claudy audit verify names it.
            return false;
        }
    }

    private static bool Is(JsonElement record, string field, string value) => Text(record, field) == value;

    private static string Text(JsonElement record, string field) =>
        record.TryGetProperty(field, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";

    private IReadOnlyList<string> Files()
    {
        try
        {
            return AuditFolder.Files(options.Value.Path) is [_, ..] files
                ? files
                : throw new FileNotFoundException($"there is no file of it in {options.Value.Path}.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"The audit log cannot be read: {exception.Message}", exception);
        }
    }

    private static async Task<byte[]> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllBytesAsync(path, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"The audit log cannot be read: {exception.Message}", exception);
        }
    }
}
