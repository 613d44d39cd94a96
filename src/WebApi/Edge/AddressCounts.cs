namespace Claudy.WebApi.Edge;

/// <summary>Counts what addresses have open on this node; an address without anything takes no memory.</summary>
internal sealed class AddressCounts(int limit)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <summary>How many addresses have something open.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _counts.Count;
            }
        }
    }

    /// <summary>Counts one in until the answer is disposed; null when the address has as many as it may.</summary>
    public IDisposable? TryEnter(ClientAddress address) => TryEnter(address.Key);

    /// <summary>The same for whatever else is counted.</summary>
    public IDisposable? TryEnter(string key)
    {
        lock (_gate)
        {
            var count = _counts.GetValueOrDefault(key);
            if (count >= limit)
            {
                return null;
            }

            _counts[key] = count + 1;
            return new Place(this, key);
        }
    }

    private void Leave(string key)
    {
        lock (_gate)
        {
            if (--_counts[key] == 0)
            {
                _counts.Remove(key);
            }
        }
    }

    private sealed class Place(AddressCounts counts, string key) : IDisposable
    {
        private bool _left;

        public void Dispose()
        {
            if (!Interlocked.Exchange(ref _left, true))
            {
                counts.Leave(key);
            }
        }
    }
}
