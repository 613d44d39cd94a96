using System.Text.Json;
using System.Threading.Channels;
using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.Application.Sessions.Ports;

/// <summary>Starts agents.</summary>
public interface IAgentLauncher
{
    /// <summary>Whether agents run in a sandbox on this machine.</summary>
    bool IsIsolating { get; }

    /// <summary>Why agents on this machine cannot be held to a network of this kind, and what would help, as a sentence; null when they can.</summary>
    string? WhyNoNetwork(NetworkMode mode);

    /// <summary>What runs: its version, or why it cannot run. Shown at start and by <c>claudy doctor</c>.</summary>
    Task<Result<AgentInfo>> ProbeAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Starts or resumes an agent in its sandbox; returns once it answers (about 0.6 s), so that its first message finds it warm.
    /// </summary>
    /// <returns>
    /// The agent, or <c>SESSION_001</c> with the reason: <c>agent_transcript_missing</c> when there was nothing to resume or it
    /// could not be, <c>agent_rebuild_failed</c> when <see cref="AgentLaunch.Memory"/> could not be given to it.
    /// </returns>
    Task<Result<IAgentSession>> LaunchAsync(AgentLaunch launch, CancellationToken cancellationToken);
}

/// <summary>What agent there is.</summary>
/// <param name="Version">Such as 2.1.197.</param>
/// <param name="Path">The binary.</param>
/// <param name="Sandbox">The sandbox that sessions run in, such as <c>bubblewrap 0.8.0</c>; null when there is none.</param>
public sealed record AgentInfo(string Version, string Path, string? Sandbox)
{
    /// <summary>The limits that hold for each session, and by what; null when there are none.</summary>
    public string? Limits { get; init; }

    /// <summary>Which limits do not hold on this machine and why; null when all do.</summary>
    public string? Unlimited { get; init; }
}

/// <summary>All that an agent needs to start.</summary>
public sealed record AgentLaunch
{
    /// <summary>Whose process it is.</summary>
    public required SessionId SessionId { get; init; }

    /// <summary>Model, mode, tools, prompt.</summary>
    public required SessionSettings Settings { get; init; }

    /// <summary>
    /// Rules that deny, beside those of <see cref="Settings"/>, in Claude Code's form: the agent asks about some calls only, and so
    /// it has to know them. Rules that allow are Claudy's own business.
    /// </summary>
    public IReadOnlyList<string> DeniedRules { get; init; } = [];

    /// <summary>The agent's own session to go on with; null to begin one under <see cref="SessionId"/>.</summary>
    public Guid? ResumeAgentSessionId { get; init; }

    /// <summary>
    /// What it is to remember in place of all that it has kept itself, as far as it has turns; empty to begin anew whatever was
    /// kept, null to leave what was kept. With turns, it goes on under <see cref="SessionId"/>.
    /// </summary>
    public Conversation? Memory { get; init; }

    /// <summary>The workspace, on this machine.</summary>
    public required string WorkspacePath { get; init; }

    /// <summary>The agent's home, on this machine, kept between starts.</summary>
    public required string HomePath { get; init; }

    /// <summary>The Unix socket of the session's API broker, on this machine.</summary>
    public required string ApiSocketPath { get; init; }

    /// <summary>The Unix socket of the session's proxy to the network, on this machine, beside the API broker's; null for no network.</summary>
    public string? EgressSocketPath { get; init; }

    /// <summary>What of the workspace's own configuration its owner approved; null for nothing. Its servers are among <see cref="McpServers"/>.</summary>
    public WorkspaceConfiguration? Configuration { get; init; }

    /// <summary>All MCP servers to connect, each name once.</summary>
    public IReadOnlyList<McpServer> McpServers { get; init; } = [];
}

/// <summary>A running agent. Methods may be called from any thread; events have one reader.</summary>
public interface IAgentSession : IAsyncDisposable
{
    /// <summary>What it tells, in order; ends after <see cref="AgentEvent.Exited"/>. Bounded: an agent whose events nobody reads is held up.</summary>
    ChannelReader<AgentEvent> Events { get; }

    /// <summary>The workspace as the agent sees it, an absolute path.</summary>
    string WorkspacePath => "/workspace";

    /// <summary>Gives it a message to work on.</summary>
    /// <param name="attemptId">New for each try: the agent drops an id that it has seen, even before a restart. <see cref="RewindFilesAsync"/> takes it.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask SendMessageAsync(Guid attemptId, ChatMessage message, CancellationToken cancellationToken);

    /// <summary>Stops the current turn; harmless when there is none. The turn ends with an event.</summary>
    Task<Result> InterruptAsync(CancellationToken cancellationToken);

    /// <summary>Changes the model from the next request on; null for the default.</summary>
    Task<Result> SetModelAsync(string? model, CancellationToken cancellationToken);

    /// <summary>Changes what is asked.</summary>
    Task<Result> SetPermissionModeAsync(PermissionMode mode, CancellationToken cancellationToken);

    /// <summary>Replaces <see cref="AgentLaunch.DeniedRules"/>.</summary>
    Task<Result> SetDeniedRulesAsync(IReadOnlyList<string> rules, CancellationToken cancellationToken);

    /// <summary>
    /// Puts files that the agent's own tools have changed since a message back as they were before it; what commands changed is
    /// left as it is. Works for messages of an earlier process too.
    /// </summary>
    /// <param name="attemptId">Under which the message was sent.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The files, relative to the workspace where they are in it; or <c>SESSION_013</c> when the agent kept nothing for that message.</returns>
    Task<Result<IReadOnlyList<string>>> RewindFilesAsync(Guid attemptId, CancellationToken cancellationToken);

    /// <summary>Answers a permission request.</summary>
    ValueTask AnswerPermissionAsync(string requestId, PermissionAnswer answer, CancellationToken cancellationToken);

    /// <summary>The commands that a message may begin with.</summary>
    IReadOnlyList<SlashCommand> SlashCommands { get; }

    /// <summary>Changes for how many tokens Claude may think, from the next request on.</summary>
    /// <param name="maxTokens">0 for no thinking; null for the model's default.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<Result> SetThinkingBudgetAsync(int? maxTokens, CancellationToken cancellationToken);

    /// <summary>What fills the context now.</summary>
    Task<Result<ContextUsage>> GetContextUsageAsync(CancellationToken cancellationToken);

    /// <summary>How its MCP servers are.</summary>
    Task<Result<IReadOnlyList<McpServerStatus>>> GetMcpStatusAsync(CancellationToken cancellationToken);

    /// <summary>Connects an MCP server anew; <c>SESSION_013</c> when that fails or there is none of that name.</summary>
    Task<Result> ReconnectMcpServerAsync(string name, CancellationToken cancellationToken);

    /// <summary>Turns an MCP server on or off, until the process ends; <c>SESSION_013</c> when there is none of that name.</summary>
    Task<Result> SetMcpServerEnabledAsync(string name, bool isEnabled, CancellationToken cancellationToken);

    /// <summary>Ends it: first kindly, after <paramref name="grace"/> by force, descendants included. Returns when all are gone.</summary>
    Task StopAsync(TimeSpan grace, CancellationToken cancellationToken);
}

/// <summary>An answer to a permission request.</summary>
/// <param name="Decision">Allow or deny.</param>
/// <param name="Input">On allow, the arguments to run with, a JSON object: the original ones or changed ones.</param>
/// <param name="Mode">On allow, the mode from now on; null to leave it.</param>
/// <param name="Message">On deny, what Claude is told.</param>
public sealed record PermissionAnswer(
    PermissionDecision Decision,
    JsonElement Input,
    PermissionMode? Mode,
    string? Message);
