using System.Globalization;
using System.Text;
using Claudy.Domain.Shared;

namespace Claudy.Domain.Workspaces;

/// <summary>
/// The name of a file or folder within a workspace: relative, with forward slashes, and nothing in it that could lead
/// out, deceive a reader or break a tool.
/// </summary>
public sealed record WorkspacePath
{
    /// <summary>The longest path, in bytes of UTF-8.</summary>
    public const int MaxBytes = 1024;

    /// <summary>The longest name between two slashes, in bytes of UTF-8; the limit of Linux file systems.</summary>
    public const int MaxNameBytes = 255;

    /// <summary>How many names one path may have.</summary>
    public const int MaxDepth = 64;

    private WorkspacePath(string value) => Value = value;

    /// <summary>The path, such as <c>src/main.py</c>.</summary>
    public string Value { get; }

    /// <summary>Its last name.</summary>
    public string Name => Value[(Value.LastIndexOf('/') + 1)..];

    /// <summary>Checks a path that a client or a folder listing gave.</summary>
    /// <returns>The path, or <c>FILE_003</c> with what is wrong with it.</returns>
    public static Result<WorkspacePath> Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return WorkspaceErrors.PathInvalid("it is empty");
        }

        if (text[0] == '/')
        {
            return WorkspaceErrors.PathInvalid("it is absolute; give a path within the workspace");
        }

        if (text.Contains('\\', StringComparison.Ordinal))
        {
            return WorkspaceErrors.PathInvalid("it has a backslash; use forward slashes");
        }

        foreach (var rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar)
            {
                return WorkspaceErrors.PathInvalid("it is not valid Unicode");
            }

            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                return WorkspaceErrors.PathInvalid($"it has the invisible character U+{rune.Value:X4}");
            }
        }

        if (Encoding.UTF8.GetByteCount(text) > MaxBytes)
        {
            return WorkspaceErrors.PathInvalid($"it is longer than {MaxBytes} bytes");
        }

        var names = text.Split('/');
        if (names.Length > MaxDepth)
        {
            return WorkspaceErrors.PathInvalid($"it is deeper than {MaxDepth} folders");
        }

        foreach (var name in names)
        {
            if (name is "" or "." or "..")
            {
                return WorkspaceErrors.PathInvalid(name.Length == 0 ? "it has an empty name" : $"it has the name {name}");
            }

            if (Encoding.UTF8.GetByteCount(name) > MaxNameBytes)
            {
                return WorkspaceErrors.PathInvalid($"one of its names is longer than {MaxNameBytes} bytes");
            }
        }

        return new WorkspacePath(text);
    }

    /// <summary>The path.</summary>
    public override string ToString() => Value;
}
