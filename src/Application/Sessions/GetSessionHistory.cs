using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Events before a place, in order: for scrolling back.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Which session.</param>
/// <param name="BeforeSeq">Events below this one; null for the newest.</param>
/// <param name="Limit">At most so many, 1 to 1,000.</param>
public sealed record GetSessionHistory(UserId UserId, SessionId SessionId, long? BeforeSeq, int Limit) : ISessionRequest<Result<SessionHistory>>;

/// <summary>A stretch of a session's history.</summary>
/// <param name="Events">In ascending order.</param>
/// <param name="HasMore">Whether there are older ones.</param>
public sealed record SessionHistory(IReadOnlyList<StoredEvent> Events, bool HasMore);

internal sealed class GetSessionHistoryValidator : AbstractValidator<GetSessionHistory>
{
    public GetSessionHistoryValidator()
    {
        RuleFor(r => r.BeforeSeq).GreaterThanOrEqualTo(1);
        RuleFor(r => r.Limit).InclusiveBetween(1, 1000);
    }
}

internal sealed class GetSessionHistoryHandler(ISessionEventLog log) : IRequestHandler<GetSessionHistory, Result<SessionHistory>>
{
    public async Task<Result<SessionHistory>> Handle(GetSessionHistory request, CancellationToken cancellationToken)
    {
        var events = await log.ReadBeforeAsync(request.SessionId, request.BeforeSeq ?? long.MaxValue, request.Limit, cancellationToken);
        return new SessionHistory(events, events is [{ Seq: > 1 }, ..]);
    }
}
