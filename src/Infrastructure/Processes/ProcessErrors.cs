using Claudy.Domain.Shared;

namespace Claudy.Infrastructure.Processes;

internal static class ProcessErrors
{
    public static Error NotStarted(string why) =>
        new(ResultStatus.Unavailable, "PROCESS_001", "process_not_started", why) { Retryable = true };
}
