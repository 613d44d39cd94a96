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

/// <summary>A stretch of a session's history: at least one event if there is any, and no more after about 4 MiB of them.</summary>
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
    // Events can be of megabytes: a thousand of them must be neither in memory nor in one frame.
    private const int PageSize = 50;
    private const int MaxBytes = 4 * 1024 * 1024;

    public async Task<Result<SessionHistory>> Handle(GetSessionHistory request, CancellationToken cancellationToken)
    {
        List<StoredEvent> newestFirst = [];
        var before = request.BeforeSeq ?? long.MaxValue;
        long bytes = 0;
        while (newestFirst.Count < request.Limit && before > 1)
        {
            var page = await log.ReadBeforeAsync(request.SessionId, before, Math.Min(PageSize, request.Limit - newestFirst.Count), cancellationToken);
            if (page.Count == 0)
            {
                break;
            }

            foreach (var stored in page.Reverse())
            {
                bytes += SessionEventJson.EncodeEvent(stored.Event).Length;
                if (bytes > MaxBytes && newestFirst.Count > 0)
                {
                    return Answer(newestFirst);
                }

                newestFirst.Add(stored);
            }

            before = page[0].Seq;
        }

        return Answer(newestFirst);
    }

    private static SessionHistory Answer(List<StoredEvent> newestFirst)
    {
        newestFirst.Reverse();
        return new SessionHistory(newestFirst, newestFirst is [{ Seq: > 1 }, ..]);
    }
}
