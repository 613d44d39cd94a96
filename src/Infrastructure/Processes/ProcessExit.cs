using Claudy.Domain.Sessions;

namespace Claudy.Infrastructure.Processes;

/// <summary>How a process ended.</summary>
/// <param name="ExitCode">Its exit code; 128 and the signal's number when a signal ended it.</param>
/// <param name="ErrorTail">The last 4 kB that it wrote to stderr.</param>
/// <param name="Fault">Why it was ended from this side although nobody asked for that, such as a line beyond the limit.</param>
/// <param name="Exceeded">The limit that it was ended for, if it was.</param>
internal sealed record ProcessExit(int ExitCode, string ErrorTail, string? Fault = null, ExceededLimit? Exceeded = null);
