using Claudy.Domain.Networking;
using Claudy.Domain.Shared;
using Claudy.Infrastructure.Processes;

namespace Claudy.Infrastructure.Sandbox;

/// <summary>Turns a command line into one that runs within bounds.</summary>
internal interface ISandbox
{
    /// <summary>Such as <c>bubblewrap 0.8.0</c>; null when nothing isolates.</summary>
    string? Description { get; }

    /// <summary>Why nothing isolates, and what would help; null when something does.</summary>
    string? Reason { get; }

    bool IsIsolating { get; }

    /// <summary>Why sessions cannot be held to a network of this kind, and what would help; null when they can.</summary>
    string? WhyNoNetwork(NetworkMode mode);

    /// <summary>How a session's processes will see this machine; the inner command line is to be written in these paths.</summary>
    SandboxView View(SandboxPolicy policy);

    /// <summary>Makes what the session's processes will need to find. An error when they would see what no session may.</summary>
    Error? Prepare(SandboxPolicy policy);

    /// <summary>The command line that runs <paramref name="inner"/> in the sandbox. Pure.</summary>
    ProcessSpec Wrap(SandboxPolicy policy, ProcessSpec inner);
}
