using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Usage;

namespace Claudy.Application.Usage.Ports;

/// <summary>What <see cref="IApiBroker"/> asks before it sends a request to the API, and tells afterwards.</summary>
public interface IRequestMeter
{
    /// <summary>Whether the server offers a model.</summary>
    /// <returns>Success, or <c>SESSION_023</c>.</returns>
    Result MayUse(string model);

    /// <summary>
    /// Asks whether a request may be sent. Near a hard budget it waits for requests that are under way, so that together they
    /// cannot spend much more than what is left.
    /// </summary>
    /// <returns>The request, to be completed whatever happens; <c>SESSION_023</c> for its model, <c>CLAUDE_009</c> when a hard budget is spent.</returns>
    ValueTask<Result<IMeteredRequest>> BeginAsync(SessionId session, ApiRequest request, CancellationToken cancellationToken);
}

/// <summary>A request that is under way.</summary>
public interface IMeteredRequest
{
    /// <summary>It is over; to be called once.</summary>
    void Complete(ApiOutcome outcome);
}

/// <summary>What is known of a request before it is sent.</summary>
/// <param name="Model">The model that it asks for.</param>
/// <param name="Bytes">How long it is.</param>
/// <param name="MaxTokens">How many tokens it lets the model write; null when it does not say.</param>
public sealed record ApiRequest(string Model, long Bytes, long? MaxTokens);

/// <summary>What became of a request.</summary>
/// <param name="Status">The HTTP status; 0 when none came.</param>
/// <param name="Model">The model that the API named; null when it named none.</param>
/// <param name="Usage">What the API said that was used; null when it said nothing.</param>
/// <param name="OutputEstimate">About how many tokens the answer had when it ended, by the length of what came; for one that is not whole.</param>
/// <param name="IsCut">Whether it was sent and its answer, if any, is not whole.</param>
public sealed record ApiOutcome(int Status, string? Model, ApiUsage? Usage, long OutputEstimate, bool IsCut);
