using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Claudy.Application.Audit;

namespace Claudy.Infrastructure.Audit;

/// <summary>
/// A record as one line: a JSON object whose last field is the SHA-256, in hexadecimal, of the previous record's hash (its 32 bytes)
/// followed by the line without that field. The bytes themselves are hashed, so that there is nothing to make canonical.
/// </summary>
internal static class AuditRecord
{
    /// <summary>The longest text of one field, in characters.</summary>
    public const int MaxText = 1024;

    private const int MaxDetails = 20;
    private const int HashLength = 2 * SHA256.HashSizeInBytes;

    private static ReadOnlySpan<byte> HashField => ",\"hash\":\""u8;

    private static ReadOnlySpan<byte> End => "\"}"u8;

    /// <summary>Writes the next record with the end of its line.</summary>
    /// <returns>Where the chain stands then.</returns>
    public static AuditHead Write(IBufferWriter<byte> output, AuditHead after, DateTimeOffset time, string node, AuditEntry entry)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteNumber("seq"u8, after.Seq + 1);
            json.WriteString("time"u8, time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture));
            json.WriteString("node"u8, Bounded(node));
            json.WriteString("action"u8, Bounded(entry.Action));
            json.WriteString("outcome"u8, NameOf(entry.Outcome));
            WriteText(json, "code"u8, entry.Code);
            WriteText(json, "user"u8, entry.UserId?.ToString());
            WriteText(json, "name"u8, entry.Username);
            WriteText(json, "credential"u8, entry.Credential);
            WriteText(json, "address"u8, entry.Address);
            WriteText(json, "correlation"u8, entry.Correlation);
            WriteText(json, "session"u8, entry.Session?.ToString());
            WriteText(json, "target"u8, entry.Target);
            WriteDetails(json, entry.Details);
            json.WriteString("prev"u8, after.Hash);
            json.WriteEndObject();
        }

        var hash = HashOf(after.Hash, body.WrittenSpan);
        output.Write(body.WrittenSpan[..^1]);
        output.Write(HashField);
        output.Write(Encoding.ASCII.GetBytes(hash));
        output.Write(End);
        output.Write("\n"u8);
        return new AuditHead(after.Seq + 1, hash);
    }

    /// <summary>Reads the number and the hash of a record, and looks whether it is what was written.</summary>
    /// <param name="line">The line without its end.</param>
    /// <param name="head">Where the chain stands with it.</param>
    /// <param name="prev">The hash that it follows.</param>
    /// <returns>Why it is not; null when it is.</returns>
    public static string? Check(ReadOnlySpan<byte> line, out AuditHead head, out string prev)
    {
        (head, prev) = (AuditHead.None, "");
        var tail = HashField.Length + HashLength + End.Length;
        if (line.Length <= tail || !line.EndsWith(End) || !line[^tail..].StartsWith(HashField))
        {
            return "it is no record, or lost its hash.";
        }

        var hash = Encoding.ASCII.GetString(line[^(HashLength + End.Length)..^End.Length]);
        byte[] body = [.. line[..^tail], (byte)'}'];
        if (!TryReadPlace(body, out var seq, out prev))
        {
            return "it is no record.";
        }

        head = new AuditHead(seq, hash);
        return HashOf(prev, body) == hash ? null : "it was changed: its hash is not that of its contents.";
    }

    private static bool TryReadPlace(ReadOnlyMemory<byte> body, out long seq, out string prev)
    {
        (seq, prev) = (0, "");
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object
                || !root.TryGetProperty("seq"u8, out var number) || number.ValueKind != JsonValueKind.Number || !number.TryGetInt64(out seq)
                || !root.TryGetProperty("prev"u8, out var before) || before.ValueKind != JsonValueKind.String)
            {
                return false;
            }

            prev = before.GetString()!;
            return prev.Length == HashLength && prev.All(char.IsAsciiHexDigitLower);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string HashOf(string previous, ReadOnlySpan<byte> body)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(Convert.FromHexString(previous));
        sha.AppendData(body);
        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    private static string NameOf(AuditOutcome outcome) => outcome switch
    {
        AuditOutcome.Done => "done",
        AuditOutcome.Refused => "refused",
        _ => "failed",
    };

    private static void WriteDetails(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, string>> details)
    {
        if (details.Count == 0)
        {
            return;
        }

        json.WriteStartObject("details"u8);
        foreach (var (name, value) in details.Take(MaxDetails))
        {
            json.WriteString(name, Bounded(value));
        }

        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, Bounded(value));
        }
    }

    // Whole characters: half of one could not be written.
    private static string Bounded(string text)
    {
        var bounded = text.Length <= MaxText ? text : text[..MaxText] + "…";
        return bounded.Any(char.IsSurrogate) ? string.Concat(bounded.EnumerateRunes()) : bounded;
    }
}
