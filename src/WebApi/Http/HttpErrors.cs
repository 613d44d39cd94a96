using Claudy.Domain.Shared;

namespace Claudy.WebApi.Http;

/// <summary>Failures that only HTTP requests have.</summary>
internal static class HttpErrors
{
    /// <summary>No such address.</summary>
    public static Error NoSuchPage() =>
        new(ResultStatus.NotFound, "SERVER_004", "no_such_page", "There is nothing at that address, or not for that method.");

    /// <summary>A body over the limit.</summary>
    public static Error RequestTooLarge() =>
        new(ResultStatus.Invalid, "SERVER_005", "request_too_large", "The request's body is larger than this address takes.");

    /// <summary>Not HTTP as the standard has it.</summary>
    public static Error BadRequest() =>
        new(ResultStatus.Invalid, "SERVER_006", "bad_request", "The request cannot be read.");

    /// <summary>The answer took too long, or the request's body did.</summary>
    public static Error TimedOut() =>
        new(ResultStatus.Unavailable, "SERVER_007", "request_timed_out", "That took too long. Try again.") { Retryable = true };
}
