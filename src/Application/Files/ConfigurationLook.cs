using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Workspaces;
using Microsoft.Extensions.Logging;

namespace Claudy.Application.Files;

/// <summary>
/// Has a session look at its workspace's configuration after files were changed from outside. Only so that it is reviewed early; the
/// next start looks anyway. The change is made, whatever becomes of the look.
/// </summary>
internal sealed partial class ConfigurationLook(IWorkspaceConfigurationReader configuration, ISessionInbox inbox, ILogger<ConfigurationLook> logger)
{
    /// <summary>After one file was written, moved or removed.</summary>
    public Task AfterChangeOfAsync(SessionId session, WorkspacePath path, CancellationToken cancellationToken) =>
        configuration.Reads(path) ? AfterChangesAsync(session, cancellationToken) : Task.CompletedTask;

    /// <summary>After whole folders were.</summary>
    public async Task AfterChangesAsync(SessionId session, CancellationToken cancellationToken)
    {
        try
        {
            var looked = await inbox.SendAsync(session, new SessionCommand.LookAtConfiguration(), cancellationToken);
            if (looked.Error is { } error)
            {
                LogNotLooked(session, error.Message);
            }
        }
        catch (Exception exception)
        {
            LogLookFailed(exception, session);
        }
    }

    [LoggerMessage(298, LogLevel.Information, "Session {SessionId}: its configuration, which an upload may have changed, is not looked at before the next start: {Why}")]
    private partial void LogNotLooked(SessionId sessionId, string why);

    [LoggerMessage(299, LogLevel.Warning, "Session {SessionId}: its configuration, which an upload may have changed, could not be looked at; the next start does")]
    private partial void LogLookFailed(Exception exception, SessionId sessionId);
}
