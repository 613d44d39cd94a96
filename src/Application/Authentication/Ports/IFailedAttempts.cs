namespace Claudy.Application.Authentication.Ports;

/// <summary>
/// Failed attempts at credentials, over all nodes. After the free ones, each further failure of a key makes its next
/// attempt wait twice as long, and one attempt is heard at a time.
/// </summary>
/// <remarks>
/// Success does not wipe out failures, since whoever has one credential could go on guessing others; time does. Failures
/// during a wait do not lengthen it. Memory is bounded: of very many keys those that failed longest ago are forgotten.
/// </remarks>
public interface IFailedAttempts
{
    /// <summary>Asks to be heard. Who is heard says how it went, or counts as failed when others ask next.</summary>
    /// <returns>Zero when the attempt is heard, else how long to wait.</returns>
    ValueTask<TimeSpan> BeginAsync(string key, AttemptLimits limits, CancellationToken cancellationToken);

    /// <summary>Counts a failure; an attempt need not have been begun.</summary>
    /// <returns>What came of it.</returns>
    ValueTask<FailedAttempt> FailAsync(string key, AttemptLimits limits, CancellationToken cancellationToken);

    /// <summary>Lets the next attempt be heard at once, as after a failure it would not be; failures still count.</summary>
    ValueTask SucceedAsync(string key, CancellationToken cancellationToken);
}

/// <summary>How failures are answered.</summary>
/// <param name="Free">How many failures have no consequence; 1 or more.</param>
/// <param name="FirstWait">How long the wait after them is; doubled at each further one.</param>
/// <param name="MaxWait">How long it is at most.</param>
/// <param name="ForgetAfter">How long after the last failure, and after its wait, all are forgotten.</param>
public readonly record struct AttemptLimits(int Free, TimeSpan FirstWait, TimeSpan MaxWait, TimeSpan ForgetAfter)
{
    /// <summary>The wait after so many failures; zero while they are free.</summary>
    public TimeSpan WaitAfter(int failures)
    {
        var doublings = failures - Free - 1;
        return doublings switch
        {
            < 0 => TimeSpan.Zero,
            > 30 => MaxWait,
            _ => TimeSpan.FromTicks((long)Math.Min(MaxWait.Ticks, FirstWait.Ticks * Math.Pow(2, doublings))),
        };
    }
}

/// <summary>What came of a failure.</summary>
/// <param name="Failures">How many there are now.</param>
/// <param name="Wait">How long until the next attempt is heard.</param>
/// <param name="IsNew">Whether this failure began the wait; false when there was one already, which goes on.</param>
public readonly record struct FailedAttempt(int Failures, TimeSpan Wait, bool IsNew);
