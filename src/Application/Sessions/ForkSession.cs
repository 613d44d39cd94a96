using Claudy.Application.Audit;
using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Sessions;

/// <summary>
/// Makes a session that begins with another one's conversation up to a place and with a copy of its files as they are now.
/// What only the old session has stays there: rules that allow, messages that wait, a key of its own.
/// </summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">The session to fork.</param>
/// <param name="AtSeq">Its last event to go along, 1 or more; within a turn, the end of the turn before. Null for its newest.</param>
public sealed record ForkSession(UserId UserId, SessionId SessionId, long? AtSeq) : ISessionRequest<Result<ForkedSession>>, IAudited<Result<ForkedSession>>
{
    /// <inheritdoc/>
    public AuditAct Act => new("session.forked");

    /// <inheritdoc/>
    public AuditAct ActOf(Result<ForkedSession> response) =>
        Act.With("fork", response.Value.Session.Id.ToString()).With("at_seq", AuditText.Number(response.Value.AtSeq));
}

/// <summary>A session that was forked.</summary>
/// <param name="Session">The new one.</param>
/// <param name="AtSeq">The last event of the old one that is in it.</param>
/// <param name="SkippedFiles">How many names in the workspace were not copied: links, devices, and what cannot be read.</param>
public sealed record ForkedSession(CreatedSession Session, long AtSeq, long SkippedFiles);

internal sealed class ForkSessionValidator : AbstractValidator<ForkSession>
{
    public ForkSessionValidator() => RuleFor(r => r.AtSeq).GreaterThanOrEqualTo(1);
}

internal sealed class ForkSessionHandler(
    ISessionStore sessions,
    ISessionEventLog log,
    ISessionInbox inbox,
    IWorkspaceFiles workspaces,
    IAgentLauncher agents,
    IOptions<SessionOptions> options,
    TimeProvider time) : IRequestHandler<ForkSession, Result<ForkedSession>>
{
    private const int MaxNameLength = 200;
    private const string NameSuffix = " (fork)";

    public async Task<Result<ForkedSession>> Handle(ForkSession request, CancellationToken cancellationToken)
    {
        if (await sessions.FindAsync(request.SessionId, cancellationToken) is not { } source)
        {
            return SessionErrors.NotFound();
        }

        if (source.State.Settings.PermissionMode == PermissionMode.BypassPermissions && !agents.IsIsolating)
        {
            return SessionErrors.ModeNeedsSandbox();
        }

        if (await sessions.CountLiveAsync(request.UserId, cancellationToken) >= options.Value.MaxPerUser)
        {
            return SessionErrors.TooManySessions(options.Value.MaxPerUser);
        }

        var head = await log.HeadAsync(request.SessionId, cancellationToken);
        var history = await ForkedHistory.FindAsync(log, request.SessionId, request.AtSeq ?? head.LastSeq, cancellationToken);
        if (history is null || request.AtSeq > head.LastSeq)
        {
            return SessionErrors.NotATurn("no turn had ended by then.");
        }

        var now = time.GetUtcNow();
        var fork = SessionId.New(now);
        var forked = Result<ForkedSession>.Failure(SessionErrors.NotFound());
        try
        {
            forked = await ForkAsync(request, source, history, fork, now, cancellationToken);
        }
        finally
        {
            if (!forked.IsSuccess)
            {
                // Nobody could ever find what was made of it.
                await workspaces.RemoveAsync(fork, CancellationToken.None);
                await log.DeleteAsync(fork, CancellationToken.None);
            }
        }

        return forked;
    }

    private async Task<Result<ForkedSession>> ForkAsync(
        ForkSession request, SessionDocument source, ForkedHistory history, SessionId fork, DateTimeOffset now, CancellationToken cancellationToken)
    {
        workspaces.Prepare(fork);
        var copied = await workspaces.CopyAsync(request.SessionId, fork, cancellationToken);
        if (!copied.IsSuccess)
        {
            return copied.Error;
        }

        var settings = source.State.Settings with { Name = NameOf(source.State.Settings.Name) };
        var created = new SessionCreated(settings, new ForkOrigin(request.SessionId.Value, history.AtSeq));

        // Unlike a new session's, the document comes last, so that nobody finds a session before all of its history is there.
        var written = await history.CopyToAsync(fork, created, source.State.DeniedRules ?? [], now, CancellationToken.None);
        if (!written.IsSuccess)
        {
            return written.Error;
        }

        await sessions.AddAsync(new SessionDocument(fork, source.Owner, now, now, written.Value.LastSeq, written.Value.State), CancellationToken.None);
        var started = await inbox.SendAsync(fork, new SessionCommand.Attach(), CancellationToken.None);
        var status = started is { IsSuccess: true, Value: SessionReply.Attached attached } ? attached.State.Status : SessionStatus.Hibernated;
        return new ForkedSession(new CreatedSession(fork, settings.Name, status, now), history.AtSeq, copied.Value.Skipped);
    }

    private static string NameOf(string name) => name[..Math.Min(name.Length, MaxNameLength - NameSuffix.Length)] + NameSuffix;
}
