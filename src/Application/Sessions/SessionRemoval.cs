using Claudy.Application.Credentials;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Files.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.Application.Sessions;

/// <summary>Removes all that is kept of a session that nothing runs any more.</summary>
/// <remarks>
/// The store's mark comes before, and its document goes last: whatever ends this half-way, the mark is there to begin again
/// from, and every step is harmless the second time.
/// </remarks>
internal sealed class SessionRemoval(
    ISessionDirectory directory,
    ISessionFeed feed,
    ISessionEventLog log,
    ISessionStore store,
    IWorkspaceFiles workspaces,
    IWorkspaceCheckpoints checkpoints,
    UserCredentials credentials,
    IMcpServerVault mcpServers)
{
    /// <summary>Tells watchers, then removes key, folders, events and document.</summary>
    /// <returns>Success, or <c>SESSION_014</c> while another one runs or removes the session.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    public async Task<Result<SessionReply>> RemoveAsync(SessionId session, CancellationToken cancellationToken)
    {
        var head = await log.HeadAsync(session, cancellationToken);
        if (await directory.AcquireAsync(session, head.Epoch, cancellationToken) is not { } lease)
        {
            return SessionErrors.Moved();
        }

        try
        {
            feed.Publish(session, [new FeedItem.Deleted()]);
            await credentials.ForgetAsync(session, cancellationToken);
            mcpServers.Forget(session);
            await workspaces.RemoveAsync(session, cancellationToken);
            await checkpoints.RemoveAsync(session, cancellationToken);
            await log.DeleteAsync(session, cancellationToken);
            await store.DeleteAsync(session, cancellationToken);
            return new SessionReply.Done(SessionStatus.Terminated, head.LastSeq);
        }
        finally
        {
            await directory.ReleaseAsync(lease, CancellationToken.None);
        }
    }
}
