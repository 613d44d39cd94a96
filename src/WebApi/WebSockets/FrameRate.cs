namespace Claudy.WebApi.WebSockets;

/// <summary>A token bucket over a connection's frames.</summary>
internal sealed class FrameRate(double framesPerSecond, int burst, TimeProvider time)
{
    private double _tokens = burst;
    private long _refilledAt = time.GetTimestamp();
    private int _refused;

    /// <summary>Whether the client goes on and on in spite of the refusals.</summary>
    public bool IsHopeless => _refused > burst;

    /// <summary>Counts a frame; false when it is one too many.</summary>
    public bool TryTake()
    {
        var now = time.GetTimestamp();
        _tokens = Math.Min(burst, _tokens + (time.GetElapsedTime(_refilledAt, now).TotalSeconds * framesPerSecond));
        _refilledAt = now;
        if (_tokens < 1)
        {
            _refused++;
            return false;
        }

        _tokens--;
        if (_tokens > burst / 2.0)
        {
            _refused = 0;
        }

        return true;
    }
}
