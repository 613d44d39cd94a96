using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Tests.Support;
using Claudy.Application.Usage.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Usage;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Usage;

/// <summary>What a session does when there is no money left, and when there is again.</summary>
public sealed class BudgetPauseTests
{
    private const string Model = "claude-sonnet-4-5";
    private static readonly ApiRequest Request = new(Model, 300, 1_000);
    private static readonly ApiOutcome OneAndAHalfCents = new(200, Model, new ApiUsage(0, 1_000, 0, 0, 0, 0), 100, IsCut: false);

    [Fact]
    public async Task HardBudget_WhenSpentWithinATurn_ShouldHoldItAndGoOnWhenRaised()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node, new Budget(null, 0.015m));
        await SpendAsync(node, session);
        await node.ChatAsync(session, "second");

        (await node.Meter.BeginAsync(session, Request, default)).Error!.Code.ShouldBe("CLAUDE_009");
        agent.Say(new AgentEvent.TurnEnded(TurnOutcome.ApiError, null, new TokenUsage(0, 1_000, 0, 0), 0.015m, "API Error: 402", 402));
        var paused = await node.EventAsync<BudgetPaused>(session);
        await node.EventAsync<TurnSuspended>(session);
        node.Store.Events(session).ShouldNotContain(e => e.Event is TurnCompleted || e.Event is SessionErrorRaised);
        (await node.SendAsync(new SetBudget(Node.Owner, session, new Budget(null, 1)))).IsSuccess.ShouldBeTrue();

        paused.Reached.ShouldBe(new BudgetReached(BudgetScope.Session, 0.015m, 0.015m, null));
        (await agent.NextMessageAsync()).Text.ShouldContain("There is money again");
        agent.EndTurn(0.01m);
        (await agent.NextMessageAsync()).Text.ShouldBe("second");
        (await node.EventAsync<BudgetResumed>(session)).Scope.ShouldBe(BudgetScope.Session);
        (await node.EventAsync<TurnCompleted>(session)).CostUsd.ShouldBe(0.025m);
    }

    [Fact]
    public async Task SetBudget_WhenTheTurnHasYetToEndWithTheRefusal_ShouldGoOnAllTheSame()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node, new Budget(null, 0.015m));
        await SpendAsync(node, session);
        (await node.Meter.BeginAsync(session, Request, default)).IsSuccess.ShouldBeFalse();

        await node.SendAsync(new SetBudget(Node.Owner, session, new Budget(null, 1)));
        agent.Say(new AgentEvent.TurnEnded(TurnOutcome.ApiError, null, default, 0, "API Error: 402", 402));

        (await agent.NextMessageAsync()).Text.ShouldContain("There is money again");
        node.Store.Events(session).ShouldNotContain(e => e.Event is SessionErrorRaised);
    }

    [Fact]
    public async Task SendChat_WhenTheBudgetIsSpent_ShouldQueueAndPause()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node, new Budget(null, 0.015m));
        await SpendAsync(node, session);
        agent.EndTurn();
        await node.StatusAsync(session, SessionStatus.Idle);

        var sent = await node.ChatAsync(session, "later");

        sent.Value.Position.ShouldBe(1);
        await node.EventAsync<BudgetPaused>(session);
        (await node.AttachAsync(session)).State.BudgetPause!.Scope.ShouldBe(BudgetScope.Session);
    }

    [Fact]
    public async Task DayBudget_WhenTheDayTurns_ShouldGoOnByItself()
    {
        await using var node = await Node.StartAsync(settings: new() { ["Claudy:Budgets:UserDayHardUsd"] = "0.015" });
        var (session, agent) = await RunningAsync(node, null);
        await SpendAsync(node, session);
        agent.EndTurn();
        await node.StatusAsync(session, SessionStatus.Idle);
        await node.ChatAsync(session, "tomorrow");
        var paused = await node.EventAsync<BudgetPaused>(session);

        node.Time.Advance(TimeSpan.FromHours(12) - TimeSpan.FromMinutes(1));
        await Eventually.ShouldHoldAsync(
            () =>
            {
                node.Time.Advance(TimeSpan.FromSeconds(10));
                return node.Store.Events(session).Any(e => e.Event is BudgetResumed);
            },
            "it went on");

        paused.Reached.ResetsAt.ShouldBe(new DateTimeOffset(2026, 1, 2, 0, 0, 0, TimeSpan.Zero));
        await Eventually.ShouldHoldAsync(
            () => node.Store.Events(session).Any(e => e.Event is UserMessageAdded { Message.Text: "tomorrow" }), "the message's turn began");
    }

    [Fact]
    public async Task SoftBudget_ShouldBeToldOnce()
    {
        await using var node = await Node.StartAsync();
        var (session, _) = await RunningAsync(node, new Budget(0.02m, null));

        await SpendAsync(node, session);
        await SpendAsync(node, session);
        await SpendAsync(node, session);

        await Eventually.ShouldHoldAsync(() => node.Coordination.Published.OfType<FeedItem.UsageUpdated>().Count() == 3, "all three were told");
        var warned = node.Store.Events(session).Select(e => e.Event).OfType<BudgetWarned>().ShouldHaveSingleItem();
        warned.Reached.ShouldBe(new BudgetReached(BudgetScope.Session, 0.02m, 0.03m, null));
    }

    [Fact]
    public async Task UsageUpdated_ShouldShowTheSessionsAndTheUsersBudgets_ButNotTheServers()
    {
        await using var node = await Node.StartAsync(settings: new() { ["Claudy:Budgets:ServerDayHardUsd"] = "5", ["Claudy:Budgets:UserMonthSoftUsd"] = "4" });
        var (session, _) = await RunningAsync(node, new Budget(null, 3));

        await SpendAsync(node, session);

        await Eventually.ShouldHoldAsync(() => node.Coordination.Published.OfType<FeedItem.UsageUpdated>().Any(), "it was told");
        var told = node.Coordination.Published.OfType<FeedItem.UsageUpdated>().Single();
        told.Standing.Select(s => s.Scope).ShouldBe([BudgetScope.Session, BudgetScope.UserDay, BudgetScope.UserMonth]);
        told.Standing.ShouldAllBe(s => s.SpentUsd == 0.015m);
    }

    [Fact]
    public async Task Restart_WhenATurnIsHeld_ShouldStayPausedAndGoOnWhenRaised()
    {
        var (store, usage) = (new InMemoryStore(), new InMemoryUsage());
        SessionId session;
        await using (var first = await Node.StartAsync(store, usage: usage))
        {
            (session, var agent) = await RunningAsync(first, new Budget(null, 0.015m));
            await SpendAsync(first, session);
            await first.Meter.BeginAsync(session, Request, default);
            agent.Say(new AgentEvent.TurnEnded(TurnOutcome.ApiError, null, default, 0, "API Error: 402", 402));
            await first.EventAsync<TurnSuspended>(session);
        }

        await using var second = await Node.StartAsync(store, usage: usage);
        var attached = await second.AttachAsync(session);
        var again = await second.Agents.NextAsync();
        attached.State.BudgetPause.ShouldNotBeNull();
        await second.SendAsync(new SetBudget(Node.Owner, session, new Budget(null, 1)));

        (await again.NextMessageAsync()).Text.ShouldContain("There is money again");
    }

    [Fact]
    public async Task SetBudget_WhenItIsMoreThanTheUsers_ShouldBeRefused()
    {
        await using var node = await Node.StartAsync(settings: new() { ["Claudy:Budgets:UserMonthHardUsd"] = "2" });
        var session = await node.CreateSessionAsync();

        (await node.SendAsync(new SetBudget(Node.Owner, session, new Budget(null, 2.5m)))).Error!.Code.ShouldBe("SESSION_022");
        (await node.SendAsync(new SetBudget(Node.Owner, session, new Budget(1.5m, 2)))).IsSuccess.ShouldBeTrue();
        (await node.SendAsync(new CreateSession(Node.Owner, new SessionSettings { Name = "x", Budget = new Budget(null, 3) }, null))).Error!.Code.ShouldBe("SESSION_022");
    }

    [Theory]
    [InlineData(-1.0, null)]
    [InlineData(null, -0.5)]
    [InlineData(2.0, 1.0)]
    [InlineData(null, 2e9)]
    [InlineData(0.0000001, null)]
    public async Task SetBudget_WhenItMakesNoSense_ShouldBeRefused(double? soft, double? hard)
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();

        (await node.SendAsync(new SetBudget(Node.Owner, session, new Budget((decimal?)soft, (decimal?)hard)))).Error!.Code.ShouldBe("WS_005");
    }

    [Theory]
    [InlineData("claude-opus-4-8", false)]
    [InlineData("claude-sonnet-4-5", true)]
    [InlineData("claude-sonnet-4-5[1m]", true)]
    [InlineData("sonnet", true)]
    [InlineData("opus", false)]
    [InlineData("default", true)]
    [InlineData(null, true)]
    public async Task SetModel_ShouldRefuseWhatTheServerDoesNotOffer(string? model, bool isOffered)
    {
        await using var node = await Node.StartAsync(settings: new() { ["Claudy:Broker:AllowedModels:0"] = "claude-sonnet-*" });
        var session = await node.CreateSessionAsync();

        var changed = await node.SendAsync(new SetModel(Node.Owner, session, model));
        var created = await node.SendAsync(new CreateSession(Node.Owner, new SessionSettings { Name = "x", Model = model }, null));

        changed.Error?.Code.ShouldBe(isOffered ? null : "SESSION_023");
        created.Error?.Code.ShouldBe(isOffered ? null : "SESSION_023");
        (changed.IsSuccess, created.IsSuccess).ShouldBe((isOffered, isOffered));
    }

    private static async Task<(SessionId Session, ScriptedAgent Agent)> RunningAsync(Node node, Budget? budget)
    {
        var created = await node.SendAsync(new CreateSession(Node.Owner, new SessionSettings { Name = "test", Budget = budget }, null));
        var agent = await node.Agents.NextAsync();
        await node.ChatAsync(created.Value.Id, "first");
        await agent.NextMessageAsync();
        agent.BeginTurn();
        return (created.Value.Id, agent);
    }

    private static async Task SpendAsync(Node node, SessionId session)
    {
        var begun = await node.Meter.BeginAsync(session, Request, default);
        begun.IsSuccess.ShouldBeTrue(begun.Error?.Message);
        begun.Value.Complete(OneAndAHalfCents);
    }
}
