using Claudy.Domain.Sessions;
using Claudy.Domain.Users;

namespace Claudy.Application.Sessions.Ports;

/// <summary>Finds words in the histories of a user's sessions. What was appended to the log is found from its commit on.</summary>
public interface ISessionSearch
{
    /// <summary>Events whose <see cref="SearchableText"/> has all words of the query, the newest first.</summary>
    /// <remarks>Words are compared whatever their case and accents; of the last one the beginning is enough.</remarks>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    Task<SearchPage> SearchAsync(HistoryQuery query, CancellationToken cancellationToken);
}

/// <summary>What to look for, and where.</summary>
/// <param name="Owner">Only in this user's sessions.</param>
/// <param name="Session">Only in this one; null for all of them.</param>
/// <param name="Terms">What must all be there, in any order; text, never a query language. At least one, each with a letter or digit.</param>
/// <param name="Limit">At most so many, 1 to 100.</param>
/// <param name="After">Where the last page ended; null for the first.</param>
public sealed record HistoryQuery(UserId Owner, SessionId? Session, IReadOnlyList<string> Terms, int Limit, SearchCursor? After);

/// <summary>An event that was found.</summary>
/// <param name="Session">In which session.</param>
/// <param name="SessionName">Its name for people.</param>
/// <param name="Seq">The event's place in it.</param>
/// <param name="Kind">What it is.</param>
/// <param name="At">When it was recorded.</param>
/// <param name="Snippet">A piece of its text around what was found.</param>
public sealed record SearchHit(SessionId Session, string SessionName, long Seq, SearchableKind Kind, DateTimeOffset At, IReadOnlyList<SnippetPart> Snippet);

/// <summary>A piece of a snippet.</summary>
/// <param name="Text">Some text.</param>
/// <param name="IsMatch">Whether it is what was looked for.</param>
public readonly record struct SnippetPart(string Text, bool IsMatch);

/// <summary>Some of what was found and where to go on.</summary>
/// <param name="Hits">The newest first.</param>
/// <param name="Next">For the next page; null when this was the last.</param>
public sealed record SearchPage(IReadOnlyList<SearchHit> Hits, SearchCursor? Next);
