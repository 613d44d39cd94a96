using System.Text.Json;
using Claudy.Domain.Sessions;

namespace Claudy.Application.Sessions.Ports;

/// <summary>What of an event a search can find; the same for every store.</summary>
/// <param name="Kind">What the event is.</param>
/// <param name="Text">The text, up to <see cref="MaxLength"/> characters of it, without control characters other than tab and line breaks.</param>
public readonly record struct SearchableText(SearchableKind Kind, string Text)
{
    /// <summary>The longest text, in UTF-16 characters: a pasted log must not make every commit and every snippet slow.</summary>
    public const int MaxLength = 32 * 1024;

    // Where Claude Code's tools say what they work on. The rest of their input is content.
    private static readonly string[] TellingFields = ["command", "file_path", "notebook_path", "path", "pattern", "url", "query"];

    /// <summary>What can be found of an event; null when nothing can.</summary>
    public static SearchableText? Of(SessionEvent sessionEvent) => sessionEvent switch
    {
        UserMessageAdded { Message.Text: var text } => From(SearchableKind.UserMessage, text),
        AssistantText { Text: var text } => From(SearchableKind.AssistantText, text),
        ToolUsed tool => From(SearchableKind.ToolUse, Describe(tool)),
        _ => null,
    };

    private static SearchableText? From(SearchableKind kind, string text)
    {
        if (text.Length > MaxLength)
        {
            // Not in the middle of a character.
            text = text[..(char.IsHighSurrogate(text[MaxLength - 1]) ? MaxLength - 1 : MaxLength)];
        }

        return string.IsNullOrWhiteSpace(text) ? null : new SearchableText(kind, WithoutControls(text));
    }

    private static string Describe(ToolUsed tool)
    {
        if (tool.Input.ValueKind != JsonValueKind.Object)
        {
            return tool.Name;
        }

        var fields = TellingFields
            .Select(name => tool.Input.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null)
            .Where(value => !string.IsNullOrEmpty(value));
        return string.Join('\n', fields.Prepend(tool.Name));
    }

    // Stores mark what they found in a text by such characters, and some end a text at a NUL.
    private static string WithoutControls(string text)
    {
        static bool IsUnwanted(char c) => c is < ' ' and not ('\t' or '\n' or '\r');
        return text.Any(IsUnwanted)
            ? string.Create(text.Length, text, static (copy, from) =>
            {
                for (var i = 0; i < copy.Length; i++)
                {
                    copy[i] = IsUnwanted(from[i]) ? ' ' : from[i];
                }
            })
            : text;
    }
}

/// <summary>What a search can find.</summary>
public enum SearchableKind
{
    /// <summary>A user's message.</summary>
    UserMessage,

    /// <summary>A text of Claude's.</summary>
    AssistantText,

    /// <summary>A tool call: the tool's name, and the command, file, pattern or address it works on.</summary>
    ToolUse,
}
