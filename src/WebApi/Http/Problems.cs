using System.Text.Json;
using Claudy.Domain.Shared;
using Claudy.WebApi.Edge;

namespace Claudy.WebApi.Http;

/// <summary>Writes errors as RFC 9457 problem details, with the same code as on the WebSocket.</summary>
internal static class Problems
{
    /// <summary>Answers with an error.</summary>
    /// <param name="context">The request.</param>
    /// <param name="error">What went wrong.</param>
    /// <param name="status">The HTTP status, where it is not the one of the error's kind.</param>
    public static Task WriteAsync(HttpContext context, Error error, int? status = null)
    {
        var problem = new ProblemData(
            "about:blank",
            error.Reason,
            status ?? StatusOf(error.Status),
            error.Message,
            error.Code,
            error.Retryable,
            error.Details.Count > 0 ? error.Details : null);
        context.Response.StatusCode = problem.Status;
        context.Response.ContentType = "application/problem+json";
        context.Response.Headers.CacheControl = "no-store";
        if (error.Details.TryGetValue(EdgeErrors.RetryAfter, out var seconds))
        {
            context.Response.Headers.RetryAfter = seconds.ToString();
        }

        return JsonSerializer.SerializeAsync(context.Response.Body, problem, HttpJson.Default.ProblemData, context.RequestAborted);
    }

    /// <summary>The HTTP status of each kind of failure.</summary>
    internal static int StatusOf(ResultStatus status) => status switch
    {
        ResultStatus.Ok => StatusCodes.Status200OK,
        ResultStatus.Invalid => StatusCodes.Status400BadRequest,
        ResultStatus.Unauthorized => StatusCodes.Status401Unauthorized,
        ResultStatus.Forbidden => StatusCodes.Status403Forbidden,
        ResultStatus.NotFound => StatusCodes.Status404NotFound,
        ResultStatus.Conflict => StatusCodes.Status409Conflict,
        ResultStatus.LimitExceeded => StatusCodes.Status429TooManyRequests,
        ResultStatus.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };
}
