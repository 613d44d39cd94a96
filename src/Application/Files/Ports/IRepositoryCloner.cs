using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;

namespace Claudy.Application.Files.Ports;

/// <summary>Fills empty workspaces from Git repositories, within the bounds of their sessions.</summary>
public interface IRepositoryCloner
{
    /// <summary>Fetches the newest commit, or the one that was named, into the workspace.</summary>
    /// <returns>What was fetched; or <c>REPO_003</c> to <c>REPO_010</c>, and then the workspace holds whatever was there by then.</returns>
    Task<Result<ClonedRepository>> CloneAsync(RepositoryClone clone, CancellationToken cancellationToken);
}

/// <summary>What is to be fetched, for whom and how.</summary>
/// <param name="Session">Whose workspace; nothing runs in it yet.</param>
/// <param name="Owner">Whose session.</param>
/// <param name="Location">Where it is, prepared and empty.</param>
/// <param name="Source">The repository.</param>
/// <param name="Token">What it is read with; null for a public one. It is held in memory only, by Claudy and by git itself.</param>
/// <param name="Rules">What of the network may be reached for it.</param>
public sealed record RepositoryClone(SessionId Session, UserId Owner, WorkspaceLocation Location, RepositorySource Source, Secret? Token, NetworkRules Rules)
{
    /// <summary>Told how far it is, now and then, one at a time.</summary>
    public Func<CloneProgress, CancellationToken, Task> OnProgress { get; init; } = (_, _) => Task.CompletedTask;
}

/// <summary>How far it is.</summary>
/// <param name="Phase">In lower snake case, as git names it: <c>receiving_objects</c>.</param>
/// <param name="Percent">How much of that phase is done, 0 to 100.</param>
public sealed record CloneProgress(string Phase, int Percent)
{
    /// <summary>The phase before git's: others are fetched first.</summary>
    public const string Waiting = "waiting";
}

/// <summary>A repository that was fetched.</summary>
/// <param name="Commit">The id of the commit whose files there are.</param>
public sealed record ClonedRepository(string Commit);
