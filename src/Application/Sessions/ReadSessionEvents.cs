using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Events after a place, in order: what a client that comes back has missed.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Which session.</param>
/// <param name="AfterSeq">0 or more.</param>
/// <param name="Limit">At most so many, 1 to 1,000.</param>
public sealed record ReadSessionEvents(UserId UserId, SessionId SessionId, long AfterSeq, int Limit) : ISessionRequest<Result<IReadOnlyList<StoredEvent>>>;

internal sealed class ReadSessionEventsValidator : AbstractValidator<ReadSessionEvents>
{
    public ReadSessionEventsValidator()
    {
        RuleFor(r => r.AfterSeq).GreaterThanOrEqualTo(0);
        RuleFor(r => r.Limit).InclusiveBetween(1, 1000);
    }
}

internal sealed class ReadSessionEventsHandler(ISessionEventLog log) : IRequestHandler<ReadSessionEvents, Result<IReadOnlyList<StoredEvent>>>
{
    public async Task<Result<IReadOnlyList<StoredEvent>>> Handle(ReadSessionEvents request, CancellationToken cancellationToken) =>
        Result.Success(await log.ReadAfterAsync(request.SessionId, request.AfterSeq, request.Limit, cancellationToken));
}
