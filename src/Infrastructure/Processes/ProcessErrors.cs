using Claudy.Domain.Shared;

namespace Claudy.Infrastructure.Processes;

internal static class ProcessErrors
{
    /// <summary>Has no code for clients: whoever wanted the process says what its lack means to them.</summary>
    public static Error NotStarted(string why) =>
        new(ResultStatus.Unavailable, "PROCESS", "process_not_started", why) { Retryable = true };
}
