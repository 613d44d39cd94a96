using Claudy.Application.Audit;
using Claudy.Application.Credentials;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Usage;
using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Sessions;

/// <summary>Makes a session and starts its Claude Code process, so that its first message finds it warm.</summary>
/// <param name="UserId">Whose it will be.</param>
/// <param name="Settings">Name, model, mode, tools; an empty name becomes a dated one.</param>
/// <param name="Credential">An Anthropic key or token for this session only; null for the user's or the server's.</param>
/// <param name="McpServers">MCP servers that the user gives, held in memory, encrypted; null for none.</param>
/// <param name="RemembersCredential">Whether the credential is stored, sealed, and outlives the server; else it is held in memory only.</param>
public sealed record CreateSession(
    UserId UserId,
    SessionSettings Settings,
    ClaudeCredential? Credential,
    IReadOnlyList<McpServer>? McpServers = null,
    bool RemembersCredential = false)
    : IUserRequest<Result<CreatedSession>>, IAudited<Result<CreatedSession>>
{
    /// <summary>The Git repository that its workspace begins with; null for an empty one. When it cannot be fetched, no session is made.</summary>
    public RepositoryRequest? Repository { get; init; }

    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("session.created") { IsCritical = IsWide }
        .With("mode", Settings.PermissionMode.ToString())
        .With("network", Settings.Network?.Mode.ToString())
        .With("own_key", AuditText.Flag(Credential is not null))
        .With("mcp_servers", AuditText.Names(McpServers?.Select(s => s.Name)))
        .With("allowed", AuditText.Rules(Settings.AllowedTools))
        .With("repository", Repository is { } repository && RepositorySource.Parse(repository.Url, null) is { IsSuccess: true } source ? source.Value.Url : null);

    // What never asks, or reaches everything, is a grant.
    private bool IsWide => Settings.PermissionMode == PermissionMode.BypassPermissions || Settings.Network?.Mode == NetworkMode.Open;

    /// <inheritdoc/>
    public AuditAct ActOf(Result<CreatedSession> response) => Act with { Session = response.Value.Id };
}

/// <summary>A session that was made.</summary>
public sealed record CreatedSession(SessionId Id, string Name, SessionStatus Status, DateTimeOffset CreatedAt);

internal sealed class CreateSessionValidator : AbstractValidator<CreateSession>
{
    private const int MaxRepositoryToken = 4096;

    public CreateSessionValidator()
    {
        RuleFor(r => r.Settings).SetValidator(new SessionSettingsValidator()).OverridePropertyName("");
        When(r => r.McpServers is not null, () => RuleFor(r => r.McpServers!).McpServers());
        When(r => r.Credential is not null, () => RuleFor(r => r.Credential!).ClaudeToken());

        // It is handed to git as a line of its own.
        When(r => r.Repository?.Token is not null, () => RuleFor(r => r.Repository!.Token!)
            .Must(token => token.Reveal() is { Length: <= MaxRepositoryToken } text && text.All(c => c is > ' ' and <= '~'))
            .WithMessage($"repository.token must be up to {MaxRepositoryToken} characters of ASCII, without spaces.")
            .OverridePropertyName("repository.token"));
    }
}

internal sealed class CreateSessionHandler(
    ISessionStore sessions,
    ISessionEventLog log,
    ISessionInbox inbox,
    IWorkspaceFiles workspaces,
    KeyChecks check,
    UserCredentials credentials,
    IMcpServerVault mcpServers,
    IAgentLauncher agents,
    SessionRemoval removal,
    ClonedSessions clonedSessions,
    IOptions<SessionOptions> options,
    IOptions<NetworkOptions> network,
    SpendingRules spending,
    TimeProvider time) : IRequestHandler<CreateSession, Result<CreatedSession>>
{
    public async Task<Result<CreatedSession>> Handle(CreateSession request, CancellationToken cancellationToken)
    {
        if (request.Settings.PermissionMode == PermissionMode.BypassPermissions && !agents.IsIsolating)
        {
            return SessionErrors.ModeNeedsSandbox();
        }

        var granted = agents.GrantNetwork(network.Value, request.Settings.Network);
        if (!granted.IsSuccess)
        {
            return granted.Error;
        }

        var allowed = spending.Judge(request.Settings.Model, request.Settings.Budget);
        if (!allowed.IsSuccess)
        {
            return allowed.Error;
        }

        var source = request.Repository is { } asked ? clonedSessions.Check(asked, granted.Value) : null;
        if (source?.Error is { } unusable)
        {
            return unusable;
        }

        // An API that cannot be asked must not keep a session from being made; it is asked again with the first message.
        if (request.Credential is { } given
            && await check.CheckAsync(request.UserId, given, cancellationToken) is
            {
                Error: { Status: ResultStatus.Unauthorized or ResultStatus.Forbidden or ResultStatus.LimitExceeded } refusal,
            })
        {
            return refusal;
        }

        // Last, so that little time is left for another one to be made in.
        if (await sessions.CountLiveAsync(request.UserId, cancellationToken) >= options.Value.MaxPerUser)
        {
            return SessionErrors.TooManySessions(options.Value.MaxPerUser);
        }

        var now = time.GetUtcNow();
        var settings = request.Settings with
        {
            Name = request.Settings.Name.Length > 0 ? request.Settings.Name : $"Session of {now:yyyy-MM-dd HH:mm}",
            BringsOwnKey = request.Credential is not null,
            Network = granted.Value,
            McpServers = request.McpServers is { Count: > 0 } servers ? [.. servers.Select(s => s.Name)] : null,
        };
        var session = Session.Create(SessionId.New(now), request.UserId, settings, now);
        var made = source is null
            ? await MakeAsync(session)
            : await clonedSessions.MakeAsync(session, source.Value, request.Repository!, cancellationToken);
        if (!made.IsSuccess)
        {
            return made.Error;
        }

        if (request.Credential is { } credential)
        {
            var scope = new CredentialScope(request.UserId, session.Id);
            try
            {
                await credentials.KeepAsync(scope, credential, request.RemembersCredential, CancellationToken.None);
            }
            catch (StoreUnavailableException)
            {
                // Without its key it would be a session that nobody asked for.
                await removal.RemoveAsync(session.Id, CancellationToken.None);
                throw;
            }
        }

        if (settings.McpServers is not null)
        {
            mcpServers.Keep(session.Id, request.McpServers!);
        }

        var started = await inbox.SendAsync(session.Id, new SessionCommand.Attach(), CancellationToken.None);
        if (started.Error is { Status: ResultStatus.NotFound })
        {
            // Somebody saw it in the list and deleted it, perhaps before all of the above was there.
            await removal.RemoveAsync(session.Id, CancellationToken.None);
            return started.Error;
        }

        var status = started is { IsSuccess: true, Value: SessionReply.Attached attached } ? attached.State.Status : SessionStatus.Hibernated;
        return new CreatedSession(session.Id, settings.Name, status, session.CreatedAt);
    }

    private async Task<Result> MakeAsync(Session session)
    {
        workspaces.Prepare(session.Id);

        // The document comes first: an event log without one could never be found again. From here on it is made whole,
        // whether the client stays or not.
        await sessions.AddAsync(SessionSnapshot.Of(session), CancellationToken.None);
        return await log.AppendAsync(session.Id, epoch: 0, afterSeq: 0, session.TakeUncommitted(), CancellationToken.None);
    }
}
