using System.IO.Pipelines;
using Claudy.Application.Sessions;

namespace Claudy.WebApi.Http.Exports;

/// <summary>A form that a session's history can be had in.</summary>
/// <param name="Name">As clients ask for it.</param>
/// <param name="ContentType">As browsers are told.</param>
/// <param name="Extension">Of its file.</param>
/// <param name="Open">Makes its writer.</param>
internal sealed record ExportFormat(
    string Name, string ContentType, string Extension, Func<PipeWriter, SessionDetails, DateTimeOffset, ITranscriptWriter> Open)
{
    /// <summary>Event frames as the protocol has them, one a line, for programs.</summary>
    public static readonly ExportFormat Jsonl = new(
        "jsonl", "application/x-ndjson", "jsonl", static (output, session, now) => new JsonlTranscript(output, session, now));

    /// <summary>For people.</summary>
    public static readonly ExportFormat Markdown = new(
        "markdown", "text/markdown; charset=utf-8", "md", static (output, session, now) => new MarkdownTranscript(output, session, now));

    /// <summary>All of them, for people.</summary>
    public const string Names = "jsonl or markdown";

    /// <summary>The format of that name; null when there is none.</summary>
    public static ExportFormat? Find(string name) => Array.Find([Jsonl, Markdown], format => format.Name == name);
}
