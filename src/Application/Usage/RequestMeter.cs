using System.Collections.Concurrent;
using Claudy.Application.Usage.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Usage;
using Claudy.Domain.Users;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Usage;

/// <summary>Judges and counts the requests of all sessions that are up on this node.</summary>
internal sealed partial class RequestMeter(
    BudgetLedger ledger,
    UsageJournal journal,
    ModelAllowList models,
    IOptions<UsageOptions> options,
    TimeProvider time,
    ILogger<RequestMeter> logger) : IRequestMeter
{
    // English text has about four bytes a token, code fewer.
    private const int BytesPerToken = 3;
    private const long AssumedMaxTokens = 32_000;

    // What a fast model writes; who hangs up must not get for less than that what was written meanwhile and not shown.
    private const double AssumedTokensPerSecond = 100;

    // No model writes more in one answer, whatever is asked for: a request must not hold up others by asking for the moon.
    private const long MostMaxTokens = 128_000;

    private readonly ConcurrentDictionary<SessionId, SessionMeter> _sessions = new();
    private readonly PriceList _prices = new(options.Value.Prices.Select(setting => (setting.Model, setting.ToPrice())));
    private readonly ModelPrice _fallback = new(options.Value.FallbackInput, options.Value.FallbackOutput);

    /// <summary>Takes a session up; its requests are refused before this.</summary>
    /// <exception cref="Sessions.Ports.StoreUnavailableException">What was spent cannot be read.</exception>
    public async Task<SessionMeter> OpenAsync(SessionId session, UserId owner, Budget? budget, CancellationToken cancellationToken)
    {
        var spending = await ledger.OpenAsync(session, owner, cancellationToken);
        ledger.SetBudget(spending, budget);
        var meter = new SessionMeter(ledger, spending);
        _sessions[session] = meter;
        return meter;
    }

    /// <summary>Lets a session go.</summary>
    public void Close(SessionMeter session)
    {
        _sessions.TryRemove(KeyValuePair.Create(session.Spending.Session, session));
        ledger.Close(session.Spending);
    }

    /// <inheritdoc/>
    public Result MayUse(string model) => models.Allows(model) ? Result.Success() : SessionErrors.ModelNotAllowed(model);

    /// <inheritdoc/>
    public async ValueTask<Result<IMeteredRequest>> BeginAsync(SessionId session, ApiRequest request, CancellationToken cancellationToken)
    {
        if (MayUse(request.Model) is { IsSuccess: false } refused)
        {
            return refused.Error;
        }

        if (!_sessions.TryGetValue(session, out var meter))
        {
            return SessionErrors.NotFound();
        }

        var estimate = PriceOf(request.Model).CostOf(new ApiUsage(request.Bytes / BytesPerToken, MostWritten(request), 0, 0, 0, 0));
        while (true)
        {
            if (ledger.TryReserve(meter.Spending, estimate, out var reached, out var changed))
            {
                return new MeteredRequest(this, meter, request, estimate, time.GetTimestamp());
            }

            if (reached is not null)
            {
                // Before the child hears of it, so that its turn's end is not taken for a failure.
                await meter.Observer.OnBudgetSpentAsync(reached);
                LogRefused(session, reached.Scope, reached.SpentUsd, reached.LimitUsd);
                return UsageErrors.BudgetSpent(reached);
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private static long MostWritten(ApiRequest request) => Math.Min(request.MaxTokens ?? AssumedMaxTokens, MostMaxTokens);

    private ModelPrice PriceOf(string model) => _prices.Find(model) ?? _fallback;

    private void Complete(SessionMeter meter, ApiRequest request, decimal reserved, long begunAt, ApiOutcome outcome)
    {
        var written = (long)Math.Min(MostWritten(request), time.GetElapsedTime(begunAt).TotalSeconds * AssumedTokensPerSecond);
        var record = RecordOf(meter.Spending, request, outcome with { OutputEstimate = Math.Max(outcome.OutputEstimate, written) });
        var (soft, standing) = ledger.Settle(meter.Spending, reserved, record.ChargedUsd);
        journal.Add(record);
        meter.Observer.OnUsed(record, standing, soft);
    }

    private UsageRecord RecordOf(SessionSpending spending, ApiRequest request, ApiOutcome outcome)
    {
        var model = outcome.Model ?? request.Model;
        var price = _prices.Find(model) ?? _prices.Find(request.Model);
        var isAnswered = outcome.Status is >= 200 and < 300;
        var mayCost = isAnswered || (outcome.Status == 0 && outcome.IsCut);
        var usage = outcome.Usage ?? default;
        decimal? cost = mayCost ? null : 0;
        if (mayCost && outcome.Usage is not null)
        {
            cost = price?.CostOf(usage);
        }

        // Who hangs up early must not get for nothing what the API asks money for.
        var charged = (mayCost, outcome) switch
        {
            (false, _) => default,
            (_, { Usage: null }) => new ApiUsage(request.Bytes / BytesPerToken, outcome.OutputEstimate, 0, 0, 0, 0),
            (_, { IsCut: true }) => usage with { OutputTokens = Math.Max(usage.OutputTokens, outcome.OutputEstimate) },
            _ => usage,
        };
        return new UsageRecord(
            Guid.CreateVersion7(time.GetUtcNow()),
            time.GetUtcNow(),
            spending.Session,
            spending.Owner,
            model,
            usage,
            cost,
            (price ?? _fallback).CostOf(charged),
            outcome.Status,
            outcome.IsCut);
    }

    [LoggerMessage(2132, LogLevel.Information, "Session {Session}: a request is refused, since the budget {Scope} is spent: {SpentUsd} of {LimitUsd} US dollars")]
    private partial void LogRefused(SessionId session, BudgetScope scope, decimal spentUsd, decimal limitUsd);

    private sealed class MeteredRequest(RequestMeter meter, SessionMeter session, ApiRequest request, decimal reserved, long begunAt) : IMeteredRequest
    {
        public void Complete(ApiOutcome outcome) => meter.Complete(session, request, reserved, begunAt, outcome);
    }
}
