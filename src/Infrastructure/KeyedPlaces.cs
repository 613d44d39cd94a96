namespace Claudy.Infrastructure;

/// <summary>So many places for each key, such as a user or a session; whoever comes later waits behind those with the same key only, in order.</summary>
/// <remarks>A key that nobody holds or waits for takes no memory.</remarks>
internal sealed class KeyedPlaces<TKey>(int places)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Line> _lines = [];

    /// <summary>Whether whoever came now would wait.</summary>
    public bool IsFull(TKey key)
    {
        lock (_gate)
        {
            return _lines.TryGetValue(key, out var line) && line.Present >= places;
        }
    }

    /// <summary>Takes a place, when there is one.</summary>
    public async ValueTask<Place> EnterAsync(TKey key, CancellationToken cancellationToken)
    {
        Line? line;
        lock (_gate)
        {
            if (!_lines.TryGetValue(key, out line))
            {
                line = new Line(new SemaphoreSlim(places, places));
                _lines.Add(key, line);
            }

            line.Present++;
        }

        try
        {
            await line.Places.WaitAsync(cancellationToken);
        }
        catch
        {
            Leave(key, line);
            throw;
        }

        return new Place(this, key, line);
    }

    private void Leave(TKey key, Line line)
    {
        lock (_gate)
        {
            if (--line.Present == 0)
            {
                _lines.Remove(key);
                line.Places.Dispose();
            }
        }
    }

    /// <summary>A place, given back when disposed.</summary>
    public readonly struct Place : IDisposable
    {
        private readonly KeyedPlaces<TKey> _all;
        private readonly TKey _key;
        private readonly Line _line;

        internal Place(KeyedPlaces<TKey> all, TKey key, Line line) => (_all, _key, _line) = (all, key, line);

        public void Dispose()
        {
            _line.Places.Release();
            _all.Leave(_key, _line);
        }
    }

    /// <summary>Those who hold a place of one key, or wait for one.</summary>
    internal sealed class Line(SemaphoreSlim places)
    {
        public SemaphoreSlim Places => places;

        public int Present { get; set; }
    }
}
