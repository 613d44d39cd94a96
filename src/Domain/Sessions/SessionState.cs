using Claudy.Domain.Usage;
using Claudy.Domain.Workspaces;

namespace Claudy.Domain.Sessions;

/// <summary>All that a session is at one moment: the sum of its events. Immutable.</summary>
public sealed record SessionState
{
    /// <summary>For how long a client's message id is remembered.</summary>
    public static readonly TimeSpan MessageIdLifetime = TimeSpan.FromHours(24);

    /// <summary>How many clients' message ids are remembered at the most; the oldest are forgotten first.</summary>
    public const int MaxAcceptedMessages = 2_000;

    /// <summary>What the user chose.</summary>
    public required SessionSettings Settings { get; init; }

    /// <summary>What the session is doing.</summary>
    public SessionStatus Status { get; init; } = SessionStatus.Hibernated;

    /// <summary>Messages that wait for their turn, in order.</summary>
    public IReadOnlyList<ChatMessage> Queue { get; init; } = [];

    /// <summary>Permission requests without an answer, the oldest first.</summary>
    public IReadOnlyList<PermissionRequest> PendingPermissions { get; init; } = [];

    /// <summary>The turn that Claude works on; null between turns.</summary>
    public Turn? CurrentTurn { get; init; }

    /// <summary>How many turns began.</summary>
    public long TurnCount { get; init; }

    /// <summary>Turns that were taken back, in order; null when none ever were.</summary>
    public IReadOnlyList<TurnRange>? TakenBack { get; init; }

    /// <summary>Answers to requests of a process that is gone, kept until Claude asks the same again; null or empty when there are none.</summary>
    public IReadOnlyList<CarriedAnswer>? CarriedAnswers { get; init; }

    /// <summary>Rules that allow which users said to remember for this session, in Claude Code's form.</summary>
    public IReadOnlyList<string> RememberedRules { get; init; } = [];

    /// <summary>Rules that deny which users gave this session; null for none.</summary>
    public IReadOnlyList<string>? DeniedRules { get; init; }

    /// <summary>The session's own rules, but for those that it was created with.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public Permissions.PermissionRules Rules => new(RememberedRules, DeniedRules ?? []);

    /// <summary>The agent's own session, once it has one to resume.</summary>
    public Guid? AgentSessionId { get; init; }

    /// <summary>Clients' message ids of the last 24 hours.</summary>
    public IReadOnlyList<AcceptedMessage> AcceptedMessages { get; init; } = [];

    /// <summary>Tokens of all turns.</summary>
    public TokenUsage Usage { get; init; }

    /// <summary>Cost of all turns in US dollars.</summary>
    public decimal CostUsd { get; init; }

    /// <summary>What the workspace's own files would configure, and what the owner said about it; null when they configure nothing.</summary>
    public ConfigurationReview? Configuration { get; init; }

    /// <summary>The hard budget that nothing more is done for; null when there is money.</summary>
    public BudgetReached? BudgetPause { get; init; }

    /// <summary>How far the workspace was over its limit, for which nothing more is done; null when there is room.</summary>
    public WorkspaceUsage? QuotaPause { get; init; }

    /// <summary>Whether there is something to do for an agent, and nothing that it must wait for.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool HasWork => BudgetPause is null && QuotaPause is null && WaitsForMoney;

    /// <summary>Whether there is something that goes on once a budget, or the room in the workspace, allows it.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool WaitsForMoney => Queue.Count > 0 || (CurrentTurn is not null && PendingPermissions.Count == 0);

    /// <summary>The configuration that takes effect at the next start; null for none.</summary>
    public WorkspaceConfiguration? ApprovedConfiguration() =>
        Configuration is { Decision: ConfigurationDecision.Approved, Found: var found } ? found : null;

    /// <summary>The state of a session whose first event is <paramref name="created"/>.</summary>
    public static SessionState Initial(SessionCreated created) => new() { Settings = created.Settings };

    /// <summary>The state after one more event.</summary>
    public SessionState Apply(SessionEvent sessionEvent, DateTimeOffset at) => sessionEvent switch
    {
        SessionCreated e => Initial(e),
        StatusChanged e => this with { Status = e.Status },
        SettingsChanged e => this with { Settings = e.Settings },
        QueueChanged { Change: QueueChange.Added, Message: { } message } =>
            this with { Queue = [.. Queue, message], AcceptedMessages = Accept(message, at) },
        QueueChanged { Change: QueueChange.Edited, Message: { } message } => this with { Queue = [.. Queue.Select(m => m.Id == message.Id ? message : m)] },
        QueueChanged { Change: QueueChange.Moved } e => this with { Queue = [.. Queue.Where(m => m.Id == e.MessageId), .. Queue.Where(m => m.Id != e.MessageId)] },
        QueueChanged e => this with { Queue = [.. Queue.Where(m => m.Id != e.MessageId)] },
        UserMessageAdded e => this with { AcceptedMessages = Accept(e.Message, at) },
        TurnStarted e => this with { CurrentTurn = new Turn(e.TurnId, e.MessageId, at), TurnCount = e.TurnId },
        TurnSuspended e when CurrentTurn is { } turn => this with { CurrentTurn = turn.Suspend(e) },
        TurnResumed when CurrentTurn is { } turn => this with { CurrentTurn = turn with { IsSuspended = false, IsHeld = false, WaitsForRoom = false } },
        TurnCompleted e => this with { CurrentTurn = null, CarriedAnswers = null, Usage = Usage + e.Usage, CostUsd = CostUsd + e.CostUsd },
        PermissionRequested e => this with { PendingPermissions = [.. PendingPermissions, e.Request] },
        PermissionResolved e => this with
        {
            PendingPermissions = [.. PendingPermissions.Where(p => p.Id != e.RequestId)],
            CarriedAnswers = Carry(e),
            RememberedRules = e.RememberedForUser ? RememberedRules : [.. RememberedRules.Union(e.RememberedRules, StringComparer.Ordinal)],
        },
        PermissionRulesChanged e => this with { RememberedRules = e.Allowed, DeniedRules = e.Denied.Count > 0 ? e.Denied : null },
        BudgetPaused e => this with { BudgetPause = e.Reached },
        BudgetResumed => this with { BudgetPause = null },
        QuotaPaused e => this with { QuotaPause = e.Usage },
        QuotaResumed => this with { QuotaPause = null },
        AgentSessionChanged e => this with { AgentSessionId = e.AgentSessionId },
        ConfigurationReviewRequested e => this with { Configuration = new ConfigurationReview(e.Configuration, null) },
        ConfigurationReviewed { Decision: ConfigurationDecision.Withdrawn } => this with { Configuration = null },
        ConfigurationReviewed e when Configuration?.Found.Digest == e.Digest => this with { Configuration = Configuration with { Decision = e.Decision } },
        ConversationRewound e => this with
        {
            AgentSessionId = null,
            TakenBack = [.. (TakenBack ?? []).Where(range => range.First < e.TurnId), new TurnRange(e.TurnId, TurnCount)],
        },
        _ => this,
    };

    private IReadOnlyList<CarriedAnswer>? Carry(PermissionResolved resolved)
    {
        if (PendingPermissions.FirstOrDefault(p => p.Id == resolved.RequestId) is not { } request)
        {
            return CarriedAnswers;
        }

        if (resolved.Reason == PermissionReason.CarriedOver)
        {
            var used = CarriedAnswers?.FirstOrDefault(a => a.Answers(request.ToolName, request.Input));
            return [.. (CarriedAnswers ?? []).Where(a => !ReferenceEquals(a, used))];
        }

        return resolved.Reason == PermissionReason.User && CurrentTurn is { IsSuspended: true }
            ? [.. CarriedAnswers ?? [], new CarriedAnswer(request.ToolName, request.Input, resolved.Decision, resolved.UpdatedInput, resolved.Message)]
            : CarriedAnswers;
    }

    private IReadOnlyList<AcceptedMessage> Accept(ChatMessage message, DateTimeOffset at)
    {
        if (message.ClientId is null || AcceptedMessages.Any(a => a.MessageId == message.Id))
        {
            return AcceptedMessages;
        }

        var remembered = AcceptedMessages.Where(a => a.ClientId != message.ClientId && at - a.At < MessageIdLifetime);
        return [.. remembered.TakeLast(MaxAcceptedMessages - 1), AcceptedMessage.Of(message, at)];
    }
}

/// <summary>One answer of Claude, from the message to its end.</summary>
/// <param name="Id">1, 2, 3 … within the session.</param>
/// <param name="MessageId">The message it answers; null when Claude began by itself.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="IsSuspended">Whether it waits to go on: for answers, since its process is gone, for money or for room.</param>
public sealed record Turn(long Id, string? MessageId, DateTimeOffset StartedAt, bool IsSuspended = false)
{
    /// <summary>Whether it is money that it waits for.</summary>
    public bool IsHeld { get; init; }

    /// <summary>Whether it is room in the workspace that it waits for.</summary>
    public bool WaitsForRoom { get; init; }

    /// <summary>Tokens that it took before it was suspended; null for none.</summary>
    public TokenUsage? UsageSoFar { get; init; }

    /// <summary>What it cost before it was suspended, in US dollars; null for nothing.</summary>
    public decimal? CostSoFarUsd { get; init; }

    internal Turn Suspend(TurnSuspended suspended) => this with
    {
        IsSuspended = true,
        IsHeld = suspended.Reason == TurnSuspended.BudgetReason,
        WaitsForRoom = suspended.Reason == TurnSuspended.QuotaReason,
        UsageSoFar = suspended.Usage is { } usage ? usage + (UsageSoFar ?? default) : UsageSoFar,
        CostSoFarUsd = suspended.CostUsd is { } cost ? cost + (CostSoFarUsd ?? 0) : CostSoFarUsd,
    };
}

/// <summary>Turns that follow each other.</summary>
/// <param name="First">The first one.</param>
/// <param name="Last">The last one.</param>
public sealed record TurnRange(long First, long Last)
{
    internal bool Contains(long turnId) => turnId >= First && turnId <= Last;
}
