using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Files;

/// <summary>The one place that says whether a workspace has room. Whoever asks holds its lock, or only wants to know early.</summary>
internal sealed class WorkspaceQuota(IOptions<WorkspaceOptions> options)
{
    public long MaxBytes { get; } = options.Value.MaxWorkspaceBytes;

    /// <summary>Asks for room.</summary>
    /// <param name="session">Whose workspace.</param>
    /// <param name="root">The workspace.</param>
    /// <param name="added">Bytes that come.</param>
    /// <param name="freed">Bytes that go for them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when there is room, else <c>FILE_006</c>.</returns>
    public Error? TryReserve(SessionId session, DirectoryHandle root, long added, long freed, CancellationToken cancellationToken)
    {
        _ = session;
        var used = TreeUsage.Of(root, cancellationToken).Bytes;
        return used - freed > MaxBytes - added ? WorkspaceErrors.QuotaExceeded(used, MaxBytes) : null;
    }
}
