using System.Buffers;
using System.Text;
using Claudy.Application.Sessions.Ports;

namespace Claudy.Application.Sessions;

/// <summary>The texts that Claude is writing: what was said of each so far, for those who attach in the middle.</summary>
internal sealed class InFlightTexts
{
    private readonly List<Entry> _entries = [];

    public bool IsEmpty => _entries.Count == 0;

    /// <summary>Adds a piece and gives its index.</summary>
    public int Append(string messageId, ReadOnlySpan<byte> utf8, bool isThinking)
    {
        var entry = Find(messageId);
        if (entry is null)
        {
            entry = new Entry(messageId, isThinking);
            _entries.Add(entry);
        }

        entry.Text.Write(utf8);
        return entry.Chunks++;
    }

    /// <summary>Forgets a text, because it is complete or abandoned.</summary>
    public void Remove(string messageId)
    {
        if (Find(messageId) is { } entry)
        {
            _entries.Remove(entry);
        }
    }

    /// <summary>Takes all texts out, for when they will never be completed.</summary>
    public IReadOnlyList<InFlightText> TakeAll()
    {
        var all = Snapshot();
        _entries.Clear();
        return all;
    }

    public IReadOnlyList<InFlightText> Snapshot() =>
        [.. _entries.Select(e => new InFlightText(e.MessageId, Encoding.UTF8.GetString(e.Text.WrittenSpan), e.Chunks, e.IsThinking))];

    // Two or three texts at the most are open at once.
    private Entry? Find(string messageId)
    {
        for (var i = _entries.Count - 1; i >= 0; i--)
        {
            if (_entries[i].MessageId == messageId)
            {
                return _entries[i];
            }
        }

        return null;
    }

    private sealed class Entry(string messageId, bool isThinking)
    {
        public string MessageId { get; } = messageId;

        public bool IsThinking { get; } = isThinking;

        public ArrayBufferWriter<byte> Text { get; } = new();

        public int Chunks { get; set; }
    }
}
