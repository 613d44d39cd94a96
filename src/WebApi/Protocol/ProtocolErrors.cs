using Claudy.Domain.Shared;
using Claudy.WebApi.Edge;

namespace Claudy.WebApi.Protocol;

/// <summary>Failures that belong to the connection and its frames rather than to a use case.</summary>
internal static class ProtocolErrors
{
    /// <summary>A frame other than <c>auth</c> or <c>ping</c> before authentication.</summary>
    public static Error NotAuthenticated() =>
        new(ResultStatus.Unauthorized, "WS_001", "not_authenticated", "Send an auth frame with an access token first.");

    /// <summary>Not a frame at all.</summary>
    public static Error Malformed(string why) =>
        new(ResultStatus.Invalid, "WS_002", "malformed_frame", $"That frame cannot be read: {why}.");

    /// <summary>A type that this version does not have.</summary>
    public static Error UnknownType(string type) =>
        new Error(ResultStatus.Invalid, "WS_003", "unknown_type", "This server has no frame of that type.")
            .With("type", type.Length <= 64 ? type : type[..64]);

    /// <summary>Larger than one frame may be; the connection closes with 1009.</summary>
    public static Error TooLarge(long limit) =>
        new Error(ResultStatus.LimitExceeded, "WS_004", "frame_too_large", $"A frame may hold {limit} bytes at most.")
            .With("limit", limit);

    /// <summary>The page that opened the connection is of another origin; the connection closes with 4403.</summary>
    public static Error OriginRefused() =>
        new(ResultStatus.Forbidden, "WS_006", "origin_refused", "Pages of that origin may not connect. The operator can allow it with Claudy:Http:AllowedOrigins.");

    /// <summary>The request is for a host name that the server does not answer to.</summary>
    public static Error HostRefused() =>
        new(ResultStatus.Forbidden, "WS_007", "host_refused", "The server does not answer to that host name. The operator can allow it with Claudy:Http:AllowedHosts.");

    /// <summary>An ordinary request for the address of the WebSocket.</summary>
    public static Error UpgradeRequired() =>
        new(ResultStatus.Invalid, "WS_008", "upgrade_required", "This is a WebSocket: connect to it with an Upgrade.");

    /// <summary>Too many frames in a short time; this one was not taken.</summary>
    public static Error TooManyFrames(double framesPerSecond) =>
        new Error(ResultStatus.LimitExceeded, "RATE_001", "too_many_frames", $"At most {framesPerSecond} frames per second are taken. Wait a moment and send it again.") { Retryable = true }
            .With("limit", framesPerSecond)
            .With(EdgeErrors.RetryAfter, Math.Max(1, (long)Math.Ceiling(1 / framesPerSecond)));

    /// <summary>The user has as many connections as allowed; this one closes with 4429.</summary>
    public static Error TooManyConnections(int limit) =>
        new Error(ResultStatus.LimitExceeded, "RATE_002", "too_many_connections", $"You have {limit} open connections, which is the limit. Close one first.") { Retryable = true }
            .With("limit", limit);

    /// <summary>A fresh token, but of somebody else.</summary>
    public static Error OtherUser() =>
        new(ResultStatus.Forbidden, "AUTH_005", "other_user", "That token is another user's. Open a connection of its own for it.");
}
