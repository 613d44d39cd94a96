using System.Buffers;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.WebApi.Protocol;

namespace Claudy.WebApi.Http.Exports;

/// <summary>A line that says what this is, then every event's frame exactly as clients get it, one a line.</summary>
internal sealed class JsonlTranscript(IBufferWriter<byte> output, SessionDetails session, DateTimeOffset now) : ITranscriptWriter
{
    /// <summary>The header's <c>version</c>; it rises when a reader of the lines would have to change.</summary>
    private const int Version = 1;

    private readonly EventEncoder _encoder = new(session.Document.Id, TimeProvider.System);

    public void Begin()
    {
        var writer = JsonWriters.On(output);
        writer.WriteStartObject();
        writer.WriteString("type"u8, "claudy_export"u8);
        writer.WriteNumber("version"u8, Version);
        writer.WriteString("session_id"u8, session.Document.Id.ToString());
        writer.WriteString("name"u8, session.Document.State.Settings.Name);
        writer.WriteString("created_at"u8, WireTimestamp.Of(session.Document.CreatedAt));
        writer.WriteString("exported_at"u8, WireTimestamp.Of(now));
        writer.WriteNumber("last_seq"u8, session.LastSeq);
        writer.WriteEndObject();
        writer.Flush();
        output.Write("\n"u8);
    }

    public void Write(StoredEventJson stored)
    {
        _encoder.Write(output, stored);
        output.Write("\n"u8);
    }

    public void End()
    {
        // The header told which event is the last.
    }
}
