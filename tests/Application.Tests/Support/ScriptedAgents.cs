using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.Application.Tests.Support;

/// <summary>Starts agents that say what the test tells them to.</summary>
internal sealed class ScriptedAgents : IAgentLauncher
{
    private readonly ConcurrentQueue<Error> _failures = new();
    private readonly Channel<ScriptedAgent> _started = Channel.CreateBounded<ScriptedAgent>(100);

    public bool IsIsolating { get; set; } = true;

    public int StartedCount { get; private set; }

    /// <summary>Makes starts wait for the test.</summary>
    public TaskCompletionSource? HoldsStart { get; set; }

    /// <summary>Why agents can have no network; null when they can.</summary>
    public string? NoNetwork { get; set; }

    public string? WhyNoNetwork(NetworkMode mode) => mode == NetworkMode.None ? null : NoNetwork;

    public void FailNext(Error error) => _failures.Enqueue(error);

    public Task<ScriptedAgent> NextAsync() => _started.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Deadline);

    public Task<Result<AgentInfo>> ProbeAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Result.Success(new AgentInfo("1.0", "/nowhere", null)));

    public async Task<Result<IAgentSession>> LaunchAsync(AgentLaunch launch, CancellationToken cancellationToken)
    {
        if (_failures.TryDequeue(out var error))
        {
            return error;
        }

        var agent = new ScriptedAgent(launch);
        StartedCount++;
        await _started.Writer.WriteAsync(agent, cancellationToken);
        if (HoldsStart is { } hold)
        {
            await hold.Task.WaitAsync(cancellationToken);
        }

        return agent;
    }
}

internal sealed class ScriptedAgent(AgentLaunch launch) : IAgentSession
{
    private readonly Channel<AgentEvent> _events = Channel.CreateBounded<AgentEvent>(1000);
    private readonly Channel<ChatMessage> _messages = Channel.CreateBounded<ChatMessage>(100);
    private readonly Channel<(string RequestId, PermissionAnswer Answer)> _answers = Channel.CreateBounded<(string, PermissionAnswer)>(100);

    public AgentLaunch Launch { get; } = launch;

    public ChannelReader<AgentEvent> Events => _events.Reader;

    public ConcurrentQueue<string> Controls { get; } = new();

    public bool IsDisposed { get; private set; }

    /// <summary>Makes it refuse answers with a fault.</summary>
    public bool IsDeaf { get; set; }

    /// <summary>Makes it wait for the test before it ends.</summary>
    public TaskCompletionSource? HoldsStop { get; set; }

    public Task<ChatMessage> NextMessageAsync() => _messages.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Deadline);

    public Task<(string RequestId, PermissionAnswer Answer)> NextAnswerAsync() => _answers.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Deadline);

    public void Say(params AgentEvent[] events)
    {
        foreach (var agentEvent in events)
        {
            if (!_events.Writer.TryWrite(agentEvent))
            {
                throw new InvalidOperationException("The agent has ended.");
            }
        }
    }

    public void BeginTurn() => Say(new AgentEvent.TurnStarted(Launch.ResumeAgentSessionId ?? Launch.SessionId.Value, "a-model", PermissionMode.Default));

    public void SayText(string id, params string[] pieces) => Say([.. pieces.Select(p => new AgentEvent.TextDelta(id, Encoding.UTF8.GetBytes(p)))]);

    public void EndTurn(decimal cost = 0.01m) =>
        Say(new AgentEvent.TurnEnded(TurnOutcome.Completed, "end_turn", new TokenUsage(1, 2, 0, 0), cost, null, null));

    public void AskToRun(string id, string command) => Say(new AgentEvent.PermissionRequest(
        id, "Bash", JsonSerializer.SerializeToElement(new { command }), null, $"toolu_{id}", null, [$"Bash({command}:*)"], null));

    public void AskPermission(string id) => Say(new AgentEvent.PermissionRequest(
        id, "Bash", JsonDocument.Parse("""{"command":"touch x"}""").RootElement, "make x", "toolu_1", null, ["Bash(touch x)"], null));

    public void Die(int exitCode, ExceededLimit? exceeded = null)
    {
        _events.Writer.TryWrite(new AgentEvent.Exited(exitCode, "", exceeded));
        _events.Writer.TryComplete();
    }

    public ValueTask SendMessageAsync(Guid attemptId, ChatMessage message, CancellationToken cancellationToken) =>
        _messages.Writer.WriteAsync(message, cancellationToken);

    public Task<Result> InterruptAsync(CancellationToken cancellationToken)
    {
        Controls.Enqueue("interrupt");
        Say(new AgentEvent.TurnEnded(TurnOutcome.Interrupted, null, default, 0, null, null));
        return Task.FromResult(Result.Success());
    }

    public Task<Result> SetModelAsync(string? model, CancellationToken cancellationToken)
    {
        Controls.Enqueue($"model {model}");
        return Task.FromResult(Result.Success());
    }

    public Task<Result> SetPermissionModeAsync(PermissionMode mode, CancellationToken cancellationToken)
    {
        Controls.Enqueue($"mode {mode}");
        return Task.FromResult(Result.Success());
    }

    public Task<Result> SetDeniedRulesAsync(IReadOnlyList<string> rules, CancellationToken cancellationToken)
    {
        Controls.Enqueue($"deny {string.Join(", ", rules)}");
        return Task.FromResult(Result.Success());
    }

    public IReadOnlyList<SlashCommand> SlashCommands { get; } = [new("compact", "Sums up", null)];

    public Task<Result> SetThinkingBudgetAsync(int? maxTokens, CancellationToken cancellationToken)
    {
        Controls.Enqueue($"thinking {maxTokens}");
        return Task.FromResult(Result.Success());
    }

    public Task<Result<ContextUsage>> GetContextUsageAsync(CancellationToken cancellationToken) =>
        Task.FromResult<Result<ContextUsage>>(new ContextUsage("a-model", 10, 100, 10, null, []));

    public Task<Result<IReadOnlyList<McpServerStatus>>> GetMcpStatusAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Result.Success<IReadOnlyList<McpServerStatus>>([.. Launch.McpServers.Select(s => new McpServerStatus(s.Name, "connected", null, []))]));

    public Task<Result> ReconnectMcpServerAsync(string name, CancellationToken cancellationToken)
    {
        Controls.Enqueue($"reconnect {name}");
        return Task.FromResult(Result.Success());
    }

    public Task<Result> SetMcpServerEnabledAsync(string name, bool isEnabled, CancellationToken cancellationToken)
    {
        Controls.Enqueue($"toggle {name} {isEnabled}");
        return Task.FromResult(Result.Success());
    }

    /// <summary>What it says to having files put back.</summary>
    public Result<IReadOnlyList<string>> Rewound { get; set; } = Result.Success<IReadOnlyList<string>>(["a.txt"]);

    public Task<Result<IReadOnlyList<string>>> RewindFilesAsync(Guid attemptId, CancellationToken cancellationToken)
    {
        Controls.Enqueue($"rewind {attemptId}");
        return Task.FromResult(Rewound);
    }

    public ValueTask AnswerPermissionAsync(string requestId, PermissionAnswer answer, CancellationToken cancellationToken) =>
        IsDeaf ? throw new InvalidOperationException("Cannot be written.") : _answers.Writer.WriteAsync((requestId, answer), cancellationToken);

    public async Task StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        Controls.Enqueue("stop");
        if (HoldsStop is { } hold)
        {
            await hold.Task;
        }

        Die(0);
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }
}
