using System.Diagnostics.CodeAnalysis;

namespace Claudy.Infrastructure.InProcess;

/// <summary>
/// Values by key, of which only the most recently used are kept. Not safe for several threads: its owner has a lock.
/// </summary>
/// <param name="capacity">How many are kept.</param>
internal sealed class RecentlyUsed<T>(int capacity)
{
    private readonly Dictionary<string, LinkedListNode<Entry>> _nodes = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _byUse = new();

    /// <summary>How many there are.</summary>
    public int Count => _nodes.Count;

    /// <summary>Finds a value, which counts as use.</summary>
    public bool TryGet(string key, [MaybeNullWhen(false)] out T value)
    {
        if (!_nodes.TryGetValue(key, out var node))
        {
            value = default;
            return false;
        }

        _byUse.Remove(node);
        _byUse.AddFirst(node);
        value = node.Value.Value;
        return true;
    }

    /// <summary>Sets a value; when there are too many, the one not used for longest goes.</summary>
    public void Set(string key, T value)
    {
        if (_nodes.TryGetValue(key, out var node))
        {
            _byUse.Remove(node);
            node.Value = new Entry(key, value);
        }
        else
        {
            node = new LinkedListNode<Entry>(new Entry(key, value));
            _nodes.Add(key, node);
        }

        _byUse.AddFirst(node);
        if (_nodes.Count > capacity)
        {
            RemoveLast();
        }
    }

    /// <summary>Removes those not used for longest, as long as they are of no more use; two at the most, so that no call is long.</summary>
    public void Trim(Func<T, bool> isOver)
    {
        for (var i = 0; i < 2 && _byUse.Last is { } last && isOver(last.Value.Value); i++)
        {
            RemoveLast();
        }
    }

    private void RemoveLast()
    {
        _nodes.Remove(_byUse.Last!.Value.Key);
        _byUse.RemoveLast();
    }

    private readonly record struct Entry(string Key, T Value);
}
