using System.Text.Json;
using Claudy.Domain.Shared;
using Microsoft.AspNetCore.Http;

namespace Claudy.Infrastructure.ApiBroker;

/// <summary>An error of the broker's own, in the shape of the Messages API, so that Claude Code shows its message.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Type">The API's name for it.</param>
/// <param name="Message">What the user reads.</param>
internal sealed record ApiError(int Status, string Type, string Message)
{
    /// <summary>What the client libraries are told about trying again; null leaves it to the status.</summary>
    public bool? IsRetryable { get; init; }

    public static readonly ApiError NotFound = new(
        StatusCodes.Status404NotFound, "not_found_error", "Claudy passes on requests to the Messages API only.");

    public static readonly ApiError TooManyRequests = new(
        StatusCodes.Status429TooManyRequests, "rate_limit_error", "This session has too many requests to the Claude API under way.");

    public static readonly ApiError TooMuchHeld = new(
        StatusCodes.Status429TooManyRequests, "rate_limit_error", "Claudy has no room for another request now.");

    public static readonly ApiError TooLarge = new(
        StatusCodes.Status413PayloadTooLarge, "request_too_large", "The request is larger than Claudy passes on.");

    public static readonly ApiError Malformed = new(
        StatusCodes.Status400BadRequest, "invalid_request_error", "The request could not be read.");

    public static readonly ApiError Unreachable = new(
        StatusCodes.Status502BadGateway, "api_error", "Claudy could not reach the Claude API.");

    public static readonly ApiError NoCredential = new(
        StatusCodes.Status401Unauthorized,
        "authentication_error",
        "This session has no Claude credential. Give it an Anthropic API key in Claudy's settings, or ask the operator to set ANTHROPIC_API_KEY on the server.")
    {
        IsRetryable = false,
    };

    public static readonly ApiError UnusableCredential = new(
        StatusCodes.Status401Unauthorized,
        "authentication_error",
        "This session's Claude credential holds characters that no key has. Give it again, as one line.")
    {
        IsRetryable = false,
    };

    /// <summary>
    /// What Claude Code is told when the meter refuses. It ends its turn at once for any of these and lives on (measured with 2.1.197);
    /// 403 it would take for a refused key, and 404 for a model that is not to be had.
    /// </summary>
    public static ApiError Of(Error refusal) => refusal.Status switch
    {
        ResultStatus.LimitExceeded => new(StatusCodes.Status402PaymentRequired, "billing_error", refusal.Message) { IsRetryable = false },
        ResultStatus.Forbidden => new(StatusCodes.Status404NotFound, "not_found_error", refusal.Message) { IsRetryable = false },
        _ => new(StatusCodes.Status503ServiceUnavailable, "api_error", refusal.Message),
    };

    public async Task WriteAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = Status;
        response.ContentType = "application/json";
        if (IsRetryable is { } retryable)
            response.Headers["x-should-retry"] = retryable ? "true" : "false";

        await using (var json = new Utf8JsonWriter(response.BodyWriter))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "error"u8);
            json.WriteStartObject("error"u8);
            json.WriteString("type"u8, Type);
            json.WriteString("message"u8, Message);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        await response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
