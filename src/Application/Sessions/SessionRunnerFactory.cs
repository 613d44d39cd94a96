using Claudy.Application.Audit;
using Claudy.Application.Audit.Ports;
using Claudy.Application.Credentials;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Files.Ports;
using Claudy.Application.Sessions.Admission;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Usage;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Sessions;

/// <summary>Takes a session up on this node: its lease first, then its state, then a runner.</summary>
internal sealed partial class SessionRunnerFactory(
    ISessionStore store,
    ISessionEventLog log,
    ISessionDirectory directory,
    ISessionFeed feed,
    IAgentLauncher launcher,
    IApiBroker broker,
    IEgressProxy egress,
    IWorkspaceFiles workspaces,
    IWorkspaceWatch watch,
    IWorkspaceCheckpoints checkpoints,
    UserCredentials credentials,
    AgentAdmission admission,
    IPermissionRuleStore rules,
    IWorkspaceConfigurationReader configurations,
    IMcpServerVault mcpServers,
    IAuditLog auditLog,
    RequestMeter meters,
    IOptions<SessionOptions> options,
    IOptions<NetworkOptions> network,
    TimeProvider time,
    ILoggerFactory loggers,
    ILogger<SessionRunnerFactory> logger)
{
    private const int ReplayPage = 500;

    /// <summary>Makes the runner of a session.</summary>
    /// <param name="sessionId">Which session.</param>
    /// <param name="ended">Called once, after the runner ended and its lease was given up.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result<HostedSession>> CreateAsync(SessionId sessionId, Action ended, CancellationToken cancellationToken)
    {
        var head = await log.HeadAsync(sessionId, cancellationToken);
        if (await directory.AcquireAsync(sessionId, head.Epoch, cancellationToken) is not { } lease)
        {
            return SessionErrors.Moved();
        }

        try
        {
            if (await RestoreAsync(sessionId, head, lease, cancellationToken) is not { } session)
            {
                await directory.ReleaseAsync(lease, CancellationToken.None);
                return SessionErrors.NotFound();
            }

            var audit = new SessionAudit(session, auditLog);
            var outbox = new SessionOutbox(session, lease, log, store, feed, audit);
            var configuration = new AgentConfiguration(sessionId, configurations, mcpServers, loggers.CreateLogger<AgentConfiguration>());
            var slot = new AgentSlot(
                sessionId,
                session.Owner,
                launcher,
                broker,
                egress,
                workspaces,
                watch,
                checkpoints,
                credentials,
                rules,
                configuration,
                network.Value,
                new ConversationReader(log),
                loggers.CreateLogger<AgentSlot>())
            {
                Audit = audit,
            };
            var meter = await meters.OpenAsync(sessionId, session.Owner, session.State.Settings.Budget, cancellationToken);
            var runner = new SessionRunner(session, lease, outbox, slot, admission, rules, meter, options.Value, time, loggers.CreateLogger<SessionRunner>());
            return new HostedSession(runner, ReleaseAfterAsync(runner, lease, session, meter, ended));
        }
        catch
        {
            await directory.ReleaseAsync(lease, CancellationToken.None);
            throw;
        }
    }

    private async Task ReleaseAfterAsync(SessionRunner runner, SessionLease lease, Session session, SessionMeter meter, Action ended)
    {
        await runner.Completion;
        meters.Close(meter);
        try
        {
            if (!session.IsLive)
            {
                mcpServers.Forget(session.Id);
                await ForgetCredentialAsync(session.Id);
            }
        }
        finally
        {
            await ReleaseAsync(lease, ended);
        }
    }

    private async Task ForgetCredentialAsync(SessionId session)
    {
        try
        {
            await credentials.ForgetAsync(session, CancellationToken.None);
        }
        catch (StoreUnavailableException exception)
        {
            LogNotForgotten(exception, session);
        }
    }

    private async Task ReleaseAsync(SessionLease lease, Action ended)
    {
        try
        {
            await directory.ReleaseAsync(lease, CancellationToken.None);
        }
        finally
        {
            ended();
        }
    }

    private async Task<Session?> RestoreAsync(SessionId sessionId, SessionHead head, SessionLease lease, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(sessionId, cancellationToken) is not { } document)
        {
            return null;
        }

        if (head.LastSeq == 0)
        {
            // The server died between writing the document and its first event.
            var created = new StoredEvent(1, document.CreatedAt, new SessionCreated(document.State.Settings));
            await log.AppendAsync(sessionId, lease.Epoch, 0, [created], cancellationToken);
        }

        var session = SessionSnapshot.Restore(document);
        while (true)
        {
            var page = await log.ReadAfterAsync(sessionId, session.LastSeq, ReplayPage, cancellationToken);
            foreach (var stored in page)
            {
                session.Replay(stored);
            }

            if (page.Count < ReplayPage)
            {
                return session;
            }
        }
    }

    [LoggerMessage(2351, LogLevel.Error, "Session {SessionId} has ended, but its stored credential could not be removed; the next start removes it")]
    private partial void LogNotForgotten(Exception exception, SessionId sessionId);
}

/// <summary>A session that is up on this node.</summary>
/// <param name="Runner">What runs it.</param>
/// <param name="Gone">Ends when it is no longer up here and can be taken up again.</param>
internal sealed record HostedSession(SessionRunner Runner, Task Gone);
