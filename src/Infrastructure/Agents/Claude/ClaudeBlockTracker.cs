using System.Diagnostics.CodeAnalysis;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>
/// Gives every block of every message its id, <c>&lt;message id&gt;.&lt;block index&gt;</c>, the same to its deltas and to
/// its whole. The line with the whole block says neither its index nor whether it was streamed, so that has to be remembered.
/// </summary>
internal sealed class ClaudeBlockTracker
{
    private readonly List<Block> _streamed = [];
    private readonly Dictionary<string, int> _countByMessage = new(StringComparer.Ordinal);
    private string? _streamedMessageId;

    /// <summary>A message begins on the main thread's stream.</summary>
    /// <param name="messageId">The API's id.</param>
    /// <param name="abandoned">Collects the ids of blocks whose deltas were shown but whose whole never came.</param>
    internal void StartMessage(string messageId, ICollection<string> abandoned)
    {
        Abandon(abandoned);
        _streamedMessageId = messageId;
    }

    internal void StartBlock(int index, string type)
    {
        if (_streamedMessageId is not null)
            _streamed.Add(new Block(index, type, IdOf(_streamedMessageId, index)));
    }

    /// <summary>The id for a delta, which from now on counts as shown.</summary>
    internal bool TryShowDelta(int index, [NotNullWhen(true)] out string? id)
    {
        for (var i = _streamed.Count - 1; i >= 0; i--)
        {
            if (_streamed[i].Index != index)
                continue;

            _streamed[i].IsShown = true;
            id = _streamed[i].Id;
            return true;
        }

        id = null;
        return false;
    }

    /// <summary>The id for a whole block.</summary>
    /// <param name="messageId">The API's id of its message.</param>
    /// <param name="type">The block's type, such as <c>text</c>.</param>
    /// <param name="isMainThread">Whether it can have been streamed; a subagent's never is.</param>
    /// <param name="abandoned">Collects the ids of blocks that will not be completed any more: the API was asked anew.</param>
    internal string Complete(string messageId, string type, bool isMainThread, ICollection<string> abandoned)
    {
        if (isMainThread && messageId != _streamedMessageId)
            Abandon(abandoned);
        else if (isMainThread && _streamed.Find(block => !block.IsComplete && block.Type == type) is { } block)
        {
            block.IsComplete = true;
            return block.Id;
        }

        var index = _countByMessage.GetValueOrDefault(messageId, messageId == _streamedMessageId ? _streamed.Count : 0);
        _countByMessage[messageId] = index + 1;
        return IdOf(messageId, index);
    }

    /// <summary>Nothing more will come of this turn. A text that was cut short by its end is not abandoned: it is all there is.</summary>
    internal void EndTurn()
    {
        _streamed.Clear();
        _streamedMessageId = null;
        _countByMessage.Clear();
    }

    private void Abandon(ICollection<string> abandoned)
    {
        foreach (var block in _streamed)
        {
            if (block is { IsShown: true, IsComplete: false })
                abandoned.Add(block.Id);
        }

        _streamed.Clear();
        _streamedMessageId = null;
    }

    private static string IdOf(string messageId, int index) => $"{messageId}.{index}";

    private sealed class Block(int index, string type, string id)
    {
        internal int Index => index;

        internal string Type => type;

        internal string Id => id;

        internal bool IsShown { get; set; }

        internal bool IsComplete { get; set; }
    }
}
