using Claudy.Application.Messaging;
using Claudy.Application.Usage.Ports;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Usage;

/// <summary>What was used and what it cost, in sums.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="From">From this day on (UTC); null for the first of this month.</param>
/// <param name="To">Up to this day, which is included; null for today.</param>
/// <param name="GroupBy">What there is a sum for each of.</param>
/// <param name="SessionId">Only of this session; null for all.</param>
/// <param name="OfAllUsers">Whether other users' is meant too, not only one's own. Grouping by user means it.</param>
public sealed record GetUsage(UserId UserId, DateOnly? From, DateOnly? To, UsageGrouping GroupBy, SessionId? SessionId, bool OfAllUsers)
    : IUserRequest<Result<UsageReport>>;

/// <summary>Sums of usage.</summary>
/// <param name="From">The first day.</param>
/// <param name="To">The last day.</param>
/// <param name="Groups">At most <see cref="IUsageStore.MaxGroups"/>.</param>
/// <param name="Total">Of all, also of groups that are left out.</param>
/// <param name="Budgets">How the asking user's own budgets stand.</param>
public sealed record UsageReport(DateOnly From, DateOnly To, IReadOnlyList<UsageGroup> Groups, UsageGroup Total, IReadOnlyList<BudgetStanding> Budgets);

internal sealed class GetUsageValidator : AbstractValidator<GetUsage>
{
    private const int MaxDays = 3_700;

    public GetUsageValidator()
    {
        RuleFor(r => r.GroupBy).IsInEnum();
        RuleFor(r => r.To).Must((request, to) => request.From is not { } from || to is not { } last || last >= from)
            .WithMessage("to must not be before from.");
        RuleFor(r => r.From).Must((request, from) => from is not { } first || request.To is not { } to || to.DayNumber - first.DayNumber < MaxDays)
            .WithMessage($"from and to must be less than {MaxDays} days apart.");
    }
}

internal sealed class GetUsageHandler(IUsageStore store, BudgetLedger ledger, IUserStore users, TimeProvider time) : IRequestHandler<GetUsage, Result<UsageReport>>
{
    public async Task<Result<UsageReport>> Handle(GetUsage request, CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var to = request.To ?? today;
        var from = request.From ?? new DateOnly(to.Year, to.Month, 1);
        if (from > to)
        {
            return RequestErrors.InvalidField("from", "from must not be after to, which is today when it is left out.");
        }

        var isOfAll = request.OfAllUsers || request.GroupBy == UsageGrouping.User;
        if (isOfAll && !await MaySeeAllUsersAsync(request.UserId, cancellationToken))
        {
            return UsageErrors.NotYours();
        }

        var filter = new UsageFilter(isOfAll ? null : request.UserId, request.SessionId, from, to);
        var groups = await store.SumAsync(filter, request.GroupBy, cancellationToken);
        var total = await store.SumAsync(filter, grouping: null, cancellationToken);
        return new UsageReport(from, to, groups, total[0], await ledger.StandingAsync(request.UserId, cancellationToken));
    }

    private async Task<bool> MaySeeAllUsersAsync(UserId user, CancellationToken cancellationToken) =>
        await users.FindAsync(user, cancellationToken) is { Role: UserRole.Admin };
}
