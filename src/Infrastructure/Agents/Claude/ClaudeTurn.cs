using System.Text.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>What has to be remembered of a turn, and of the process's costs, to say how the turn ended.</summary>
internal sealed class ClaudeTurn
{
    internal const int Unauthorized = 401;

    // The CLI adds up binary fractions; this is far below the price of a token.
    private const int CostDigits = 10;

    private decimal _costSoFar;
    private int? _retriedStatus;
    private string? _apiError;
    private bool _credentialRefused;

    /// <summary>What to do about a failed request to the API.</summary>
    internal enum AfterRetry
    {
        /// <summary>The CLI will try again.</summary>
        Wait,

        /// <summary>Trying again cannot help: the turn must be interrupted.</summary>
        Interrupt,
    }

    internal void Start()
    {
        _retriedStatus = null;
        _apiError = null;
        _credentialRefused = false;
    }

    internal AfterRetry Retry(int? status)
    {
        _retriedStatus = status;
        if (status != Unauthorized || _credentialRefused)
            return AfterRetry.Wait;

        _credentialRefused = true;
        return AfterRetry.Interrupt;
    }

    internal void ApiAnswered() => _retriedStatus = null;

    internal void ApiFailed(string why) => _apiError = why;

    internal AgentEvent.TurnEnded End(JsonElement result)
    {
        var outcome = OutcomeOf(result);
        var error = outcome switch
        {
            TurnOutcome.ApiError when _credentialRefused => _apiError ?? "The API refused the credential (401).",
            TurnOutcome.ApiError => result.Text("result") is { Length: > 0 } text ? text : _apiError,
            TurnOutcome.Failed => FailureOf(result),
            _ => null,
        };
        var status = outcome == TurnOutcome.ApiError ? StatusOf(result) : null;
        var ended = new AgentEvent.TurnEnded(outcome, result.Text("stop_reason"), UsageOf(result), CostOf(result), error, status);
        Start();
        return ended;
    }

    private TurnOutcome OutcomeOf(JsonElement result)
    {
        var isError = result.Flag("is_error");
        var aborted = result.Text("terminal_reason")?.StartsWith("aborted", StringComparison.Ordinal) ?? false;
        if (_credentialRefused && (isError || aborted))
            return TurnOutcome.ApiError;
        if (aborted)
            return TurnOutcome.Interrupted;
        if (!isError)
            return TurnOutcome.Completed;
        return result.Text("subtype") == "success" ? TurnOutcome.ApiError : TurnOutcome.Failed;
    }

    // The CLI leaves out the status of an overload, but its retries told it.
    private int? StatusOf(JsonElement result) =>
        _credentialRefused ? Unauthorized : result.Int("api_error_status") ?? _retriedStatus;

    private static string FailureOf(JsonElement result)
    {
        var errors = result.Property("errors").Items()
            .Where(error => error.ValueKind == JsonValueKind.String)
            .Select(error => error.GetString())
            .ToList();
        return errors.Count > 0 ? string.Join('\n', errors) : $"Claude Code ended the turn: {result.Text("subtype")}.";
    }

    private static TokenUsage UsageOf(JsonElement result) => result.Property("usage") is not { } usage
        ? default
        : new TokenUsage(
            usage.Long("input_tokens"),
            usage.Long("output_tokens"),
            usage.Long("cache_creation_input_tokens"),
            usage.Long("cache_read_input_tokens"));

    private decimal CostOf(JsonElement result)
    {
        var total = Math.Round(result.Decimal("total_cost_usd") ?? _costSoFar, CostDigits);
        var cost = Math.Max(0, total - _costSoFar);
        _costSoFar = total;
        return cost;
    }
}
