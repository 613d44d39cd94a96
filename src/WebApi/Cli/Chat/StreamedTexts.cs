using System.Text;

namespace Claudy.WebApi.Cli.Chat;

/// <summary>
/// Turns deltas, gaps, resumed texts and complete texts into what is still to be printed. The complete text is the
/// authority; deltas only let it be seen sooner.
/// </summary>
internal sealed class StreamedTexts
{
    private readonly Dictionary<string, Progress> _texts = new(StringComparer.Ordinal);

    /// <summary>A piece of a text; nothing when one before it is missing, until the complete text mends it.</summary>
    public Piece Add(string messageId, long chunkIndex, string text)
    {
        var progress = Of(messageId);
        if (chunkIndex != progress.NextChunk)
        {
            return Piece.Nothing;
        }

        progress.NextChunk++;
        progress.Shown.Append(text);
        return new Piece(text, BeginsAnew: progress.NextChunk == 1);
    }

    /// <summary>The text so far, as an attach tells it.</summary>
    public Piece Resume(string messageId, string text, long nextChunk)
    {
        var piece = Rest(messageId, text);
        Of(messageId).NextChunk = nextChunk;
        return piece;
    }

    /// <summary>The whole text.</summary>
    public Piece Complete(string messageId, string text)
    {
        var piece = Rest(messageId, text);
        Of(messageId).NextChunk = long.MaxValue;
        return piece;
    }

    /// <summary>Forgets a text that was given up.</summary>
    public void Forget(string messageId) => _texts.Remove(messageId);

    /// <summary>Forgets texts that are over.</summary>
    public void Clear() => _texts.Clear();

    private Piece Rest(string messageId, string text)
    {
        var shown = Of(messageId).Shown;
        var already = shown.ToString();
        var continues = text.StartsWith(already, StringComparison.Ordinal);
        shown.Clear().Append(text);
        return continues ? new Piece(text[already.Length..], BeginsAnew: already.Length == 0) : new Piece(text, BeginsAnew: true);
    }

    private Progress Of(string messageId)
    {
        if (!_texts.TryGetValue(messageId, out var progress))
        {
            _texts[messageId] = progress = new Progress();
        }

        return progress;
    }

    /// <summary>What to print.</summary>
    /// <param name="Text">May be empty.</param>
    /// <param name="BeginsAnew">Whether it does not go on from what was printed of this text.</param>
    public readonly record struct Piece(string Text, bool BeginsAnew)
    {
        public static Piece Nothing => new("", false);
    }

    private sealed class Progress
    {
        public StringBuilder Shown { get; } = new();

        public long NextChunk { get; set; }
    }
}
