using Claudy.Application.Files.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Sessions;

/// <summary>A repository that a new session begins with.</summary>
/// <param name="Url">Its address, as it was given.</param>
/// <param name="Ref">A branch, tag or commit; null for the default branch.</param>
/// <param name="Token">What it is read with; null for a public one.</param>
public sealed record RepositoryRequest(string? Url, string? Ref, Secret? Token)
{
    /// <summary>Told how far it is.</summary>
    public Func<CloneProgress, CancellationToken, Task> OnProgress { get; init; } = (_, _) => Task.CompletedTask;
}

/// <summary>Makes sessions that begin with a repository: whole, or not at all.</summary>
internal sealed class ClonedSessions(
    ISessionStore sessions,
    ISessionEventLog log,
    IWorkspaceFiles workspaces,
    ISessionDirectory directory,
    IRepositoryCloner cloner,
    SessionDeletion deletion,
    IOptions<NetworkOptions> network,
    TimeProvider time)
{
    /// <summary>Whether a session with that network could get the repository, as far as names tell.</summary>
    public Result<RepositorySource> Check(RepositoryRequest request, NetworkPolicy policy)
    {
        var source = RepositorySource.Parse(request.Url, request.Ref);
        return source.IsSuccess && network.Value.RulesFor(policy).Judge(source.Value.Host, source.Value.Port) is { } refusal
            ? Refused(source.Value, refusal)
            : source;
    }

    /// <summary>Makes the session, hidden until its files are there. When that fails, or the caller gives up, nothing is left of it.</summary>
    public async Task<Result> MakeAsync(Session session, RepositorySource source, RepositoryRequest request, CancellationToken cancellationToken)
    {
        // Held, so that no sweep removes what is being made.
        if (await directory.AcquireAsync(session.Id, minimumEpoch: 0, cancellationToken) is not { } lease)
        {
            return SessionErrors.Moved();
        }

        var made = Result.Failure(SessionErrors.NotFound());
        try
        {
            // First, so that it is removed when the server dies from here on.
            await sessions.AddHiddenAsync(SessionSnapshot.Of(session), CancellationToken.None);
            made = await FillAsync(session, source, request, cancellationToken);
        }
        finally
        {
            await directory.ReleaseAsync(lease, CancellationToken.None);
            if (!made.IsSuccess)
            {
                await deletion.FinishAsync(session.Id);
            }
        }

        return made;
    }

    private async Task<Result> FillAsync(Session session, RepositorySource source, RepositoryRequest request, CancellationToken cancellationToken)
    {
        var rules = network.Value.RulesFor(session.State.Settings.Network ?? NetworkPolicy.None);
        var clone = new RepositoryClone(session.Id, session.Owner, workspaces.Prepare(session.Id), source, request.Token, rules) { OnProgress = request.OnProgress };
        var cloned = await cloner.CloneAsync(clone, cancellationToken);
        if (!cloned.IsSuccess)
        {
            return cloned.Error;
        }

        session.Record(new RepositoryCloned(source.Url, source.Ref, cloned.Value.Commit), time.GetUtcNow());
        var appended = await log.AppendAsync(session.Id, epoch: 0, afterSeq: 0, session.TakeUncommitted(), CancellationToken.None);
        if (!appended.IsSuccess)
        {
            return appended;
        }

        return await sessions.RevealAsync(SessionSnapshot.Of(session), CancellationToken.None) ? Result.Success() : SessionErrors.NotFound();
    }

    private static Error Refused(RepositorySource source, NetworkRefusal refusal) => refusal switch
    {
        NetworkRefusal.NoNetwork => RepositoryErrors.NeedsNetwork(source),
        NetworkRefusal.NotListed => RepositoryErrors.HostNotAllowed(source, source.Host.Value, "it is not on the list of hosts that the session shall have."),
        NetworkRefusal.ServerLimit => RepositoryErrors.HostNotAllowed(source, source.Host.Value, "this server does not give it to sessions."),
        _ => RepositoryErrors.HostNotAllowed(source, source.Host.Value, "this server denies it to all sessions."),
    };
}
