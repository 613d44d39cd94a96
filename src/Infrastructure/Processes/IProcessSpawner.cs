using Claudy.Domain.Shared;

namespace Claudy.Infrastructure.Processes;

/// <summary>Starts processes that cannot outlive the server.</summary>
internal interface IProcessSpawner
{
    /// <summary>Starts a process; its lines begin to arrive at once, maybe before this returns.</summary>
    /// <returns>The process, or <c>process_not_started</c> with the reason.</returns>
    Task<Result<IChildProcess>> StartAsync(ProcessSpec spec, LineHandler onLine, CancellationToken cancellationToken);
}
