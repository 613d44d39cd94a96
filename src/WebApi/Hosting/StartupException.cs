namespace Claudy.WebApi.Hosting;

/// <summary>The server cannot start, for a reason that the operator can mend; the message says how.</summary>
internal sealed class StartupException(string message) : Exception(message);
