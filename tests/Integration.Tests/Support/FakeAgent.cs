using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.Integration.Tests.Support;

/// <summary>Launches agents that live in memory and follow a script.</summary>
internal sealed class FakeAgentLauncher : IAgentLauncher
{
    private readonly ConcurrentQueue<FakeAgent> _launched = new();

    /// <summary>What an agent does with a message; by default it says "Hello" in two deltas and completes the turn.</summary>
    public Func<FakeAgent, ChatMessage, Task> Script { get; set; } = static (agent, _) => agent.SayAsync("a1", "Hel", "lo");

    /// <summary>Why agents do not start; null when they do.</summary>
    public Error? Failure { get; set; }

    public bool IsIsolating { get; set; }

    /// <summary>Why agents can have no network; null when they can.</summary>
    public string? NoNetwork { get; set; }

    public string? WhyNoNetwork(NetworkMode mode) => mode == NetworkMode.None ? null : NoNetwork;

    /// <summary>All agents so far, the oldest first.</summary>
    public IReadOnlyCollection<FakeAgent> Launched => _launched;

    /// <summary>The agent launched last.</summary>
    public FakeAgent Latest => _launched.Last();

    public Task<Result<AgentInfo>> ProbeAsync(CancellationToken cancellationToken) =>
        Task.FromResult<Result<AgentInfo>>(Failure is null ? new AgentInfo("0.0.0", "/in/memory", null) : Failure);

    public Task<Result<IAgentSession>> LaunchAsync(AgentLaunch launch, CancellationToken cancellationToken)
    {
        if (Failure is not null)
        {
            return Task.FromResult<Result<IAgentSession>>(Failure);
        }

        var agent = new FakeAgent(launch, this);
        _launched.Enqueue(agent);
        return Task.FromResult(Result.Success<IAgentSession>(agent));
    }
}

/// <summary>An agent in memory.</summary>
internal sealed class FakeAgent(AgentLaunch launch, FakeAgentLauncher launcher) : IAgentSession
{
    private readonly Channel<AgentEvent> _events = Channel.CreateBounded<AgentEvent>(10_000);
    private readonly ConcurrentDictionary<string, TaskCompletionSource<PermissionAnswer>> _permissions = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _interrupted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AgentLaunch Launch => launch;

    public ChannelReader<AgentEvent> Events => _events.Reader;

    /// <summary>What it was told.</summary>
    public ConcurrentQueue<ChatMessage> Messages { get; } = new();

    /// <summary>Completes at the first interrupt.</summary>
    public Task Interrupted => _interrupted.Task;

    /// <summary>Tells something.</summary>
    public ValueTask EmitAsync(AgentEvent agentEvent) => _events.Writer.WriteAsync(agentEvent);

    /// <summary>Writes a piece of an answer.</summary>
    public ValueTask DeltaAsync(string messageId, string text) => EmitAsync(new AgentEvent.TextDelta(messageId, Encoding.UTF8.GetBytes(text)));

    /// <summary>Says something piece by piece, and ends the turn.</summary>
    public async Task SayAsync(string messageId, params string[] pieces)
    {
        await EmitAsync(new AgentEvent.TurnStarted(launch.SessionId.Value, "fake", null));
        foreach (var piece in pieces)
        {
            await DeltaAsync(messageId, piece);
        }

        await EmitAsync(new AgentEvent.TextCompleted(messageId, string.Concat(pieces), null));
        await EndTurnAsync();
    }

    /// <summary>Asks for a permission and waits for the answer.</summary>
    public async Task<PermissionAnswer> AskAsync(string requestId, string tool, string input)
    {
        var answered = new TaskCompletionSource<PermissionAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _permissions[requestId] = answered;
        await EmitAsync(new AgentEvent.PermissionRequest(requestId, tool, JsonDocument.Parse(input).RootElement, null, "toolu_1", null, [$"{tool}(x)"], null));
        return await answered.Task;
    }

    /// <summary>Ends the turn well.</summary>
    public ValueTask EndTurnAsync(TurnOutcome outcome = TurnOutcome.Completed) =>
        EmitAsync(new AgentEvent.TurnEnded(outcome, "end_turn", new TokenUsage(10, 20, 0, 0), 0.01m, null, null));

    public ValueTask SendMessageAsync(Guid attemptId, ChatMessage message, CancellationToken cancellationToken)
    {
        Messages.Enqueue(message);
        _ = launcher.Script(this, message);
        return ValueTask.CompletedTask;
    }

    public async Task<Result> InterruptAsync(CancellationToken cancellationToken)
    {
        _interrupted.TrySetResult();
        await EndTurnAsync(TurnOutcome.Interrupted);
        return Result.Success();
    }

    public Task<Result> SetModelAsync(string? model, CancellationToken cancellationToken) => Task.FromResult(Result.Success());

    public Task<Result> SetPermissionModeAsync(PermissionMode mode, CancellationToken cancellationToken) => Task.FromResult(Result.Success());

    /// <summary>The rules that deny which it was told last; those of its start before.</summary>
    public IReadOnlyList<string> DeniedRules { get; private set; } = launch.DeniedRules;

    public Task<Result> SetDeniedRulesAsync(IReadOnlyList<string> rules, CancellationToken cancellationToken)
    {
        DeniedRules = rules;
        return Task.FromResult(Result.Success());
    }

    public IReadOnlyList<SlashCommand> SlashCommands { get; } = [new("compact", "Sums up", "[instructions]")];

    public Task<Result> SetThinkingBudgetAsync(int? maxTokens, CancellationToken cancellationToken) => Task.FromResult(Result.Success());

    public Task<Result<ContextUsage>> GetContextUsageAsync(CancellationToken cancellationToken) =>
        Task.FromResult<Result<ContextUsage>>(new ContextUsage("fake", 10, 100, 10, 90, [new ContextCategory("messages", 10)]));

    public Task<Result<IReadOnlyList<McpServerStatus>>> GetMcpStatusAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Result.Success<IReadOnlyList<McpServerStatus>>([.. launch.McpServers.Select(s => new McpServerStatus(s.Name, "connected", null, ["echo"]))]));

    public Task<Result> ReconnectMcpServerAsync(string name, CancellationToken cancellationToken) =>
        Task.FromResult<Result>(launch.McpServers.Any(s => s.Name == name) ? Result.Success() : SessionErrors.ControlFailed($"Server not found: {name}"));

    public Task<Result> SetMcpServerEnabledAsync(string name, bool isEnabled, CancellationToken cancellationToken) => ReconnectMcpServerAsync(name, cancellationToken);

    public Task<Result<IReadOnlyList<string>>> RewindFilesAsync(Guid attemptId, CancellationToken cancellationToken) =>
        Task.FromResult(Result.Success<IReadOnlyList<string>>([]));

    public ValueTask AnswerPermissionAsync(string requestId, PermissionAnswer answer, CancellationToken cancellationToken)
    {
        if (_permissions.TryRemove(requestId, out var answered))
        {
            answered.TrySetResult(answer);
        }

        return ValueTask.CompletedTask;
    }

    public Task StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        if (_events.Writer.TryWrite(new AgentEvent.Exited(0, "")))
        {
            _events.Writer.TryComplete();
        }

        return Task.CompletedTask;
    }

    /// <summary>Dies as a killed process does.</summary>
    public void Die()
    {
        _events.Writer.TryWrite(new AgentEvent.Exited(137, ""));
        _events.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync() => await StopAsync(TimeSpan.Zero, CancellationToken.None);
}
