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
    ISessionDirectory directory,
    SessionDeletion deletion,
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

        var made = await MakeAsync(request, source, history, cancellationToken);
        if (!made.IsSuccess)
        {
            return made.Error;
        }

        var (fork, skipped) = made.Value;
        var started = await inbox.SendAsync(fork.Id, new SessionCommand.Attach(), CancellationToken.None);
        var status = started is { IsSuccess: true, Value: SessionReply.Attached attached } ? attached.State.Status : SessionStatus.Hibernated;
        return new ForkedSession(new CreatedSession(fork.Id, fork.State.Settings.Name, status, fork.CreatedAt), history.AtSeq, skipped);
    }

    private async Task<Result<Made>> MakeAsync(ForkSession request, SessionDocument source, ForkedHistory history, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var settings = source.State.Settings with { Name = NameOf(source.State.Settings.Name) };
        var created = new SessionCreated(settings, new ForkOrigin(request.SessionId.Value, history.AtSeq));
        var fork = new SessionDocument(SessionId.New(now), source.Owner, now, now, 0, SessionState.Initial(created));

        // Held, so that no sweep removes what is being made.
        if (await directory.AcquireAsync(fork.Id, minimumEpoch: 0, cancellationToken) is not { } lease)
        {
            return SessionErrors.Moved();
        }

        var made = Result<Made>.Failure(SessionErrors.NotFound());
        try
        {
            // First, so that it is removed when the server dies from here on; hidden, so that nobody finds it before all of it is there.
            await sessions.AddHiddenAsync(fork, CancellationToken.None);
            made = await FillAsync(request, source, history, fork, created, cancellationToken);
        }
        finally
        {
            await directory.ReleaseAsync(lease, CancellationToken.None);
            if (!made.IsSuccess)
            {
                await deletion.FinishAsync(fork.Id);
            }
        }

        return made;
    }

    private async Task<Result<Made>> FillAsync(
        ForkSession request, SessionDocument source, ForkedHistory history, SessionDocument fork, SessionCreated created, CancellationToken cancellationToken)
    {
        workspaces.Prepare(fork.Id);
        var copied = await workspaces.CopyAsync(request.SessionId, fork.Id, cancellationToken);
        if (!copied.IsSuccess)
        {
            return copied.Error;
        }

        var written = await history.CopyToAsync(fork.Id, created, source.State.DeniedRules ?? [], fork.CreatedAt, CancellationToken.None);
        if (!written.IsSuccess)
        {
            return written.Error;
        }

        var whole = fork with { LastSeq = written.Value.LastSeq, State = written.Value.State };
        return await sessions.RevealAsync(whole, CancellationToken.None) ? new Made(whole, copied.Value.Skipped) : SessionErrors.NotFound();
    }

    private static string NameOf(string name) => name[..Math.Min(name.Length, MaxNameLength - NameSuffix.Length)] + NameSuffix;

    private sealed record Made(SessionDocument Session, long SkippedFiles);
}
