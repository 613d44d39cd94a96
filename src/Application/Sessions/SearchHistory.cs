using System.Text;
using Claudy.Application.Audit;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Finds words in what was said and done in a user's sessions, the newest first.</summary>
/// <param name="UserId">Whose sessions.</param>
/// <param name="SessionId">Only this one; null for all.</param>
/// <param name="Query">Words, which must all be there; up to 200 characters. Nothing in it is syntax.</param>
/// <param name="Limit">At most so many, 1 to 100.</param>
/// <param name="Cursor">Where the last page ended; null for the first.</param>
public sealed record SearchHistory(UserId UserId, SessionId? SessionId, string Query, int Limit, string? Cursor) : IUserRequest<Result<SearchPage>>;

internal sealed class SearchHistoryValidator : AbstractValidator<SearchHistory>
{
    public SearchHistoryValidator()
    {
        RuleFor(r => r.Query).MaximumLength(200);
        RuleFor(r => r.Query).Must(query => SearchTerms.Of(query).Count > 0).WithMessage("query must have a word or a number to look for.");
        RuleFor(r => r.Limit).InclusiveBetween(1, 100);
        RuleFor(r => r.Cursor).Must(cursor => cursor is null || SearchCursor.TryParse(cursor, out _)).WithMessage("cursor is not one that a search gave.");
    }
}

internal sealed class SearchHistoryHandler(ISessionSearch search, ISessionStore sessions, ForeignAccess foreign) : IRequestHandler<SearchHistory, Result<SearchPage>>
{
    public async Task<Result<SearchPage>> Handle(SearchHistory request, CancellationToken cancellationToken)
    {
        if (request.SessionId is { } id && await sessions.FindAsync(id, cancellationToken) is var session && session?.Owner != request.UserId)
        {
            if (session is not null)
            {
                foreign.Note(nameof(SearchHistory), request.UserId, id);
            }

            return SessionErrors.NotFound();
        }

        SearchCursor? after = SearchCursor.TryParse(request.Cursor, out var cursor) ? cursor : null;
        return await search.SearchAsync(
            new HistoryQuery(request.UserId, request.SessionId, SearchTerms.Of(request.Query), request.Limit, after), cancellationToken);
    }
}

/// <summary>Takes what a user typed apart.</summary>
internal static class SearchTerms
{
    /// <summary>What white space separates and has a letter or digit; other signs alone find nothing.</summary>
    public static IReadOnlyList<string> Of(string query)
    {
        var spaced = string.Concat(query.Select(c => char.IsControl(c) ? ' ' : c));
        return [.. spaced.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Where(term => term.EnumerateRunes().Any(Rune.IsLetterOrDigit))];
    }
}
