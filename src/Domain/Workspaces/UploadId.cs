namespace Claudy.Domain.Workspaces;

/// <summary>Names an upload in pieces within its session: what its client chose, safe as a file's name.</summary>
public sealed record UploadId
{
    /// <summary>The longest, in characters.</summary>
    public const int MaxLength = 64;

    private UploadId(string value) => Value = value;

    /// <summary>Letters, digits, <c>-</c> and <c>_</c>.</summary>
    public string Value { get; }

    /// <summary>A fresh one.</summary>
    public static UploadId New() => new(Guid.NewGuid().ToString("N"));

    /// <summary>Reads one; null when the text is none.</summary>
    public static UploadId? Parse(string? text) =>
        text is { Length: > 0 and <= MaxLength } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? new UploadId(text) : null;

    /// <summary>The id.</summary>
    public override string ToString() => Value;
}
