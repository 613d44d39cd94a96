namespace Claudy.Infrastructure.Processes;

/// <summary>
/// Takes one whole line of a process's output, without its line end, in order, on the process's own reader thread.
/// It may block: the pipe fills and the process waits.
/// </summary>
/// <param name="line">Valid during the call only.</param>
internal delegate void LineHandler(ReadOnlyMemory<byte> line);
