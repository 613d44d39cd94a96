using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Claudy.WebApi.Protocol;

/// <summary>One writer a thread, used again and again.</summary>
internal static class JsonWriters
{
    // Frames are JSON for a JSON parser and never part of a page, so that only what JSON itself asks for is escaped.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static Utf8JsonWriter? _current;

    /// <summary>The calling thread's writer, set on a buffer; flush it before the thread is given up.</summary>
    public static Utf8JsonWriter On(IBufferWriter<byte> buffer)
    {
        if (_current is null)
        {
            _current = new Utf8JsonWriter(buffer, Options);
        }
        else
        {
            _current.Reset(buffer);
        }

        return _current;
    }
}
