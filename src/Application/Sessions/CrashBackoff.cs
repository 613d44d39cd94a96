namespace Claudy.Application.Sessions;

/// <summary>Counts an agent's crashes and pauses after each, twice as long as after the one before. Runs on the session's loop only.</summary>
internal sealed class CrashBackoff(ISessionLoop loop, SessionOptions options, TimeProvider time)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan QuietTime = TimeSpan.FromMinutes(5);

    private ITimer? _pause;
    private int _inARow;

    /// <summary>Whether another agent is to be started when the pause is over.</summary>
    public bool IsPausing => _pause is not null;

    /// <summary>Counts a crash.</summary>
    /// <param name="after">How long the agent had been up.</param>
    /// <returns>How many there were in a row, when it is not to be tried again; else null.</returns>
    public int? Count(TimeSpan after)
    {
        _inARow = after < QuietTime ? _inARow + 1 : 1;
        return _inARow < options.MaxCrashesInARow ? null : _inARow;
    }

    /// <summary>What crashed before is overcome.</summary>
    public void Forget() => _inARow = 0;

    /// <summary>Pauses, and then goes on, unless the pause was ended before.</summary>
    public void Pause(Action goOn)
    {
        var wait = options.CrashBackoff * Math.Pow(2, _inARow - 1);

        _pause = time.CreateTimer(Ended, goOn, wait < LongestPause ? wait : LongestPause, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Ends a pause without what was to come of it.</summary>
    public void EndPause()
    {
        _pause?.Dispose();
        _pause = null;
    }

    // A timer cannot wait for the loop to take it.
    private void Ended(object? goOn) => _ = loop.PostAsync(() => End((Action)goOn!));

    // One that was given up in the meantime must not start an agent.
    private void End(Action goOn)
    {
        if (IsPausing)
        {
            EndPause();
            goOn();
        }
    }
}
