using Claudy.Domain.Shared;

namespace Claudy.Application.Messaging;

/// <summary>Failures that any use case can have.</summary>
public static class RequestErrors
{
    /// <summary>A field has a value that it cannot have.</summary>
    public static Error InvalidField(string field, string message) =>
        new Error(ResultStatus.Invalid, "WS_005", "invalid_field", message).With("field", field);

    /// <summary>A fault of the server; the log has the particulars under the same id.</summary>
    public static Error Fault(string faultId) =>
        new Error(ResultStatus.Error, "SERVER_001", "internal_error", $"Something went wrong in the server. Tell its operator this id: {faultId}.") { Retryable = true }
            .With("fault_id", faultId);

    /// <summary>The store cannot be reached or written.</summary>
    public static Error StoreUnavailable() =>
        new(ResultStatus.Unavailable, "SERVER_002", "store_unavailable", "The server cannot reach or write its store just now. Nothing was lost; try again.") { Retryable = true };

    /// <summary>The server is going away.</summary>
    public static Error ShuttingDown() =>
        new(ResultStatus.Unavailable, "SERVER_003", "shutting_down", "The server is shutting down. Reconnect and try again.") { Retryable = true };
}
