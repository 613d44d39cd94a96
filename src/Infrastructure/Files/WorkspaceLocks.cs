using Claudy.Domain.Sessions;

namespace Claudy.Infrastructure.Files;

/// <summary>Lets one writer at a time into a workspace, so that what was measured still holds when the file is there.</summary>
/// <remarks>A fixed number of locks shared by hash: nothing to clean up, and two sessions rarely meet.</remarks>
internal sealed class WorkspaceLocks
{
    private readonly SemaphoreSlim[] _locks = [.. Enumerable.Range(0, 256).Select(_ => new SemaphoreSlim(1, 1))];

    public async Task<Turn> EnterAsync(SessionId session, CancellationToken cancellationToken)
    {
        var one = _locks[(uint)session.GetHashCode() % _locks.Length];
        await one.WaitAsync(cancellationToken);
        return new Turn(one);
    }

    /// <summary>The right to change a workspace, given back when disposed.</summary>
    public readonly struct Turn(SemaphoreSlim entered) : IDisposable
    {
        public void Dispose() => entered.Release();
    }
}
