using Claudy.Application.Sessions.Ports;

namespace Claudy.WebApi.Http.Exports;

/// <summary>Writes a session's history event by event; holds nothing of it but what the format must remember.</summary>
internal interface ITranscriptWriter
{
    /// <summary>Writes what comes before the events.</summary>
    void Begin();

    /// <summary>Writes the next event.</summary>
    void Write(StoredEventJson stored);

    /// <summary>Writes what comes after the last one.</summary>
    void End();
}
