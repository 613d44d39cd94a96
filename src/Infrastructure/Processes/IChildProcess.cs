namespace Claudy.Infrastructure.Processes;

/// <summary>A running process with all that it started. Disposing ends it by force and waits.</summary>
internal interface IChildProcess : IAsyncDisposable
{
    int Id { get; }

    /// <summary>
    /// Completes once the process and all its descendants are gone and every line was handled; never faults.
    /// A <see cref="LineHandler"/> that blocks holds it up.
    /// </summary>
    Task<ProcessExit> Exited { get; }

    /// <summary>Writes a line and its line end to stdin, whole, one caller after another.</summary>
    /// <returns>False when the process does not read any more; <see cref="Exited"/> tells why.</returns>
    ValueTask<bool> WriteLineAsync(ReadOnlyMemory<byte> utf8Line, CancellationToken cancellationToken);

    /// <summary>
    /// Ends it: closes stdin, waits for <paramref name="grace"/>, asks with SIGTERM, two seconds later kills everything.
    /// May be called again, also to be less patient.
    /// </summary>
    /// <param name="grace">How long to wait for an end of its own accord.</param>
    /// <param name="cancellationToken">Gives up waiting; the process ends all the same.</param>
    Task StopAsync(TimeSpan grace, CancellationToken cancellationToken);
}
