using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Lists a user's sessions, the last used first.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="Status">Only of this status; null for any.</param>
/// <param name="Query">Only with this text in the name, whatever its case; null for all.</param>
/// <param name="Limit">At most so many, 1 to 200.</param>
/// <param name="Cursor">Where the last page ended; null for the first.</param>
public sealed record ListSessions(UserId UserId, SessionStatus? Status, string? Query, int Limit, string? Cursor) : IUserRequest<Result<SessionPage>>;

internal sealed class ListSessionsValidator : AbstractValidator<ListSessions>
{
    public ListSessionsValidator()
    {
        RuleFor(r => r.Limit).InclusiveBetween(1, 200);
        RuleFor(r => r.Query).MaximumLength(200);
        RuleFor(r => r.Cursor).Must(cursor => cursor is null || SessionCursor.TryParse(cursor, out _)).WithMessage("cursor is not one that a session list gave.");
        RuleFor(r => r.Status).IsInEnum();
    }
}

internal sealed class ListSessionsHandler(ISessionStore sessions) : IRequestHandler<ListSessions, Result<SessionPage>>
{
    public async Task<Result<SessionPage>> Handle(ListSessions request, CancellationToken cancellationToken) =>
        await sessions.ListAsync(new SessionFilter(request.UserId, request.Status, request.Query, request.Limit, request.Cursor), cancellationToken);
}
