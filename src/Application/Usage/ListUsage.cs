using Claudy.Application.Messaging;
using Claudy.Application.Usage.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Usage;

/// <summary>One's own requests to the API, one by one, the newest first.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Only of this session; null for all.</param>
/// <param name="Before">Where the last page ended; null for the first.</param>
/// <param name="Limit">At most so many, 1 to 1,000.</param>
public sealed record ListUsage(UserId UserId, SessionId? SessionId, UsagePosition? Before, int Limit) : IUserRequest<Result<UsagePage>>;

/// <summary>Some requests, and where to go on.</summary>
/// <param name="Records">The newest first.</param>
/// <param name="Next">Null when there are no more.</param>
public sealed record UsagePage(IReadOnlyList<UsageRecord> Records, UsagePosition? Next);

internal sealed class ListUsageValidator : AbstractValidator<ListUsage>
{
    public const int MaxLimit = 1_000;

    public ListUsageValidator() => RuleFor(r => r.Limit).InclusiveBetween(1, MaxLimit);
}

internal sealed class ListUsageHandler(IUsageStore store) : IRequestHandler<ListUsage, Result<UsagePage>>
{
    public async Task<Result<UsagePage>> Handle(ListUsage request, CancellationToken cancellationToken)
    {
        var filter = new UsageFilter(request.UserId, request.SessionId, null, null);

        // One more tells whether there are more.
        var found = await store.ListAsync(filter, request.Before, request.Limit + 1, cancellationToken);
        return found.Count <= request.Limit
            ? new UsagePage(found, null)
            : new UsagePage([.. found.Take(request.Limit)], new UsagePosition(found[request.Limit - 1].At, found[request.Limit - 1].Id));
    }
}
