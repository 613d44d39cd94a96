using Claudy.Application.Tests.Support;
using Claudy.Application.Usage.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Usage;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Usage;

public sealed class RequestMeterTests
{
    private const string Sonnet = "claude-sonnet-4-5";
    private static readonly ApiRequest Small = new(Sonnet, 300, 1_000);

    // 1,000 tokens written at 15 dollars a million.
    private static readonly ApiOutcome OneAndAHalfCents = new(200, Sonnet, new ApiUsage(0, 1_000, 0, 0, 0, 0), 100, IsCut: false);

    [Fact]
    public async Task Complete_ShouldStoreWhatTheApiSaidAndWhatItCost()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();

        await AskAsync(node, session, OneAndAHalfCents);

        var record = await RecordAsync(node);
        record.Session.ShouldBe(session);
        record.Owner.ShouldBe(Node.Owner);
        record.Model.ShouldBe(Sonnet);
        record.Usage.OutputTokens.ShouldBe(1_000);
        record.CostUsd.ShouldBe(0.015m);
        record.ChargedUsd.ShouldBe(0.015m);
        record.At.ShouldBe(node.Time.GetUtcNow());
    }

    [Fact]
    public async Task Complete_WhenTheModelHasNoPrice_ShouldChargeTheFallbackAndKnowNoCost()
    {
        await using var node = await Node.StartAsync(settings: new() { ["Claudy:Usage:FallbackOutput"] = "100" });
        var session = await node.CreateSessionAsync();

        await AskAsync(node, session, OneAndAHalfCents with { Model = "new-model" }, new ApiRequest("new-model", 300, 1_000));

        var record = await RecordAsync(node);
        record.CostUsd.ShouldBeNull();
        record.ChargedUsd.ShouldBe(0.1m);
    }

    [Fact]
    public async Task Complete_WhenAPriceIsSet_ShouldReckonWithIt()
    {
        await using var node = await Node.StartAsync(settings: new()
        {
            ["Claudy:Usage:Prices:0:Model"] = "claude-sonnet-*",
            ["Claudy:Usage:Prices:0:Input"] = "1",
            ["Claudy:Usage:Prices:0:Output"] = "2",
        });
        var session = await node.CreateSessionAsync();

        await AskAsync(node, session, OneAndAHalfCents);

        (await RecordAsync(node)).CostUsd.ShouldBe(0.002m);
    }

    [Fact]
    public async Task Complete_WhenTheAnswerWasCutOff_ShouldChargeATokenForEveryPieceAtLeast()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();

        await AskAsync(node, session, new ApiOutcome(200, Sonnet, new ApiUsage(0, 1, 0, 0, 0, 0), 1_000, IsCut: true));

        var record = await RecordAsync(node);
        record.Usage.OutputTokens.ShouldBe(1);
        record.CostUsd.ShouldBe(0.000015m);
        record.ChargedUsd.ShouldBe(0.015m);
        record.IsCut.ShouldBeTrue();
    }

    [Fact]
    public async Task Complete_WhenTheChildHungUpBeforeAWord_ShouldChargeAnEstimateOfWhatWasSent()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();

        await AskAsync(node, session, new ApiOutcome(0, null, null, 0, IsCut: true), new ApiRequest(Sonnet, 3_000_000, 1));

        var record = await RecordAsync(node);
        record.CostUsd.ShouldBeNull();
        record.ChargedUsd.ShouldBe(3);
    }

    [Theory]
    [InlineData(10, 32_000, 1_000)]
    [InlineData(600, 32_000, 32_000)]
    public async Task Complete_WhenTheChildHungUpBeforeTheAnswerWasWhole_ShouldChargeWhatMayHaveBeenWrittenMeanwhile(int seconds, long maxTokens, int tokens)
    {
        await using var node = await Node.StartAsync(settings: new() { ["Claudy:Usage:Prices:0:Model"] = "*", ["Claudy:Usage:Prices:0:Input"] = "0", ["Claudy:Usage:Prices:0:Output"] = "10000" });
        var session = await node.CreateSessionAsync();
        var begun = await node.Meter.BeginAsync(session, new ApiRequest(Sonnet, 300, maxTokens), default);

        node.Time.Advance(TimeSpan.FromSeconds(seconds));
        begun.Value.Complete(new ApiOutcome(0, null, null, 0, IsCut: true));

        (await RecordAsync(node)).ChargedUsd.ShouldBe(tokens / 100m);
    }

    [Fact]
    public async Task Budgets_WhenChangedSettingsCannotBeUsed_ShouldHoldAsBefore_AndLoseNothingThatIsUnderWay()
    {
        await using var node = await Node.StartAsync(settings: new() { ["Claudy:Budgets:UserDaySoftUsd"] = "0.01", ["Claudy:Budgets:UserDayHardUsd"] = "0.03" });
        var session = await node.CreateSessionAsync();
        var underWay = await node.Meter.BeginAsync(session, Small, default);

        node.ChangeSettings(("Claudy:Budgets:UserDayHardUsd", "0.005"));
        underWay.Value.Complete(OneAndAHalfCents);
        await AskAsync(node, session, OneAndAHalfCents);

        (await node.Meter.BeginAsync(session, Small, default)).Error!.Code.ShouldBe("CLAUDE_009");
        await Eventually.ShouldHoldAsync(() => node.Usage.Records.Count == 2, "both were stored");
        node.ChangeSettings(("Claudy:Budgets:UserDayHardUsd", "1"));
        (await node.Meter.BeginAsync(session, Small, default)).IsSuccess.ShouldBeTrue();
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(0)]
    public async Task Complete_WhenTheApiRefusedOrWasNotReached_ShouldCostNothing(int status)
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();

        await AskAsync(node, session, new ApiOutcome(status, null, null, 0, IsCut: false));

        var record = await RecordAsync(node);
        (record.Status, record.CostUsd, record.ChargedUsd).ShouldBe((status, (decimal?)0m, 0m));
    }

    [Fact]
    public async Task BeginAsync_WhenTheModelIsNotAllowed_ShouldRefuse()
    {
        await using var node = await Node.StartAsync(settings: new() { ["Claudy:Broker:AllowedModels:0"] = "claude-haiku-*" });
        var session = await node.CreateSessionAsync();

        (await node.Meter.BeginAsync(session, Small, default)).Error!.Code.ShouldBe("SESSION_023");
        (await node.Meter.BeginAsync(session, Small with { Model = "claude-haiku-4-5" }, default)).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task BeginAsync_WhenTheSessionIsNotUp_ShouldRefuse()
    {
        await using var node = await Node.StartAsync();

        (await node.Meter.BeginAsync(SessionId.New(node.Time.GetUtcNow()), Small, default)).Error!.Status.ShouldBe(ResultStatus.NotFound);
    }

    [Fact]
    public async Task BeginAsync_WhenFiftyComeAtOnce_ShouldCountExactlyAndOvershootByOneAtTheMost()
    {
        await using var node = await Node.StartAsync(settings: new() { ["Claudy:Budgets:ServerDayHardUsd"] = "0.1" });
        var sessions = new List<SessionId>();
        for (var i = 0; i < 5; i++)
        {
            sessions.Add(await node.CreateSessionAsync());
        }

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(async () =>
        {
            var begun = await node.Meter.BeginAsync(sessions[i % 5], Small, default);
            if (!begun.IsSuccess)
            {
                return false;
            }

            await Task.Yield();
            begun.Value.Complete(OneAndAHalfCents);
            return true;
        })));

        // Six leave a cent; the seventh may begin, and is the last one.
        outcomes.Count(isSent => isSent).ShouldBe(7);
        await Eventually.ShouldHoldAsync(() => node.Usage.Records.Count == 7, "all were stored");
        node.Usage.Records.Sum(r => r.ChargedUsd).ShouldBe(0.105m);
        node.Usage.Records.Select(r => r.Id).Distinct().Count().ShouldBe(7);
    }

    [Fact]
    public async Task BeginAsync_WhenWhatIsUnderWayMaySpendTheRest_ShouldWaitForIt()
    {
        await using var node = await Node.StartAsync(settings: new() { ["Claudy:Budgets:SessionHardUsd"] = "0.01" });
        var session = await node.CreateSessionAsync();
        var first = await node.Meter.BeginAsync(session, Small, default);

        var second = node.Meter.BeginAsync(session, Small, default).AsTask();
        second.IsCompleted.ShouldBeFalse();
        first.Value.Complete(new ApiOutcome(200, Sonnet, new ApiUsage(0, 10, 0, 0, 0, 0), 1, IsCut: false));

        (await second.WaitAsync(Eventually.Deadline)).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task BeginAsync_WhenTheRequestAsksForTheMoon_ShouldReserveWhatAModelCanWriteAtTheMost()
    {
        await using var node = await Node.StartAsync(settings: new() { ["Claudy:Budgets:ServerDayHardUsd"] = "5" });
        var session = await node.CreateSessionAsync();
        await node.Meter.BeginAsync(session, Small with { MaxTokens = int.MaxValue }, default);

        var other = node.Meter.BeginAsync(await node.CreateSessionAsync(), Small, default).AsTask();

        other.IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public async Task BeginAsync_WhenTheServerWasStartedAgain_ShouldRememberWhatWasSpent()
    {
        var (store, usage) = (new InMemoryStore(), new InMemoryUsage());
        Dictionary<string, string?> settings = new() { ["Claudy:Budgets:UserMonthHardUsd"] = "0.015" };
        SessionId session;
        await using (var first = await Node.StartAsync(store, settings: settings, usage: usage))
        {
            session = await first.CreateSessionAsync();
            await AskAsync(first, session, OneAndAHalfCents);
        }

        await using var second = await Node.StartAsync(store, settings: settings, usage: usage);
        await second.AttachAsync(session);

        (await second.Meter.BeginAsync(session, Small, default)).Error!.Code.ShouldBe("CLAUDE_009");
    }

    [Fact]
    public async Task BeginAsync_WhenADayBegins_ShouldCountAnew()
    {
        await using var node = await Node.StartAsync(settings: new() { ["Claudy:Budgets:UserDayHardUsd"] = "0.015" });
        var session = await node.CreateSessionAsync();
        await AskAsync(node, session, OneAndAHalfCents);
        (await node.Meter.BeginAsync(session, Small, default)).IsSuccess.ShouldBeFalse();

        node.Time.Advance(TimeSpan.FromHours(12));
        await node.AttachAsync(session);

        (await node.Meter.BeginAsync(session, Small, default)).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Complete_WhenTheStoreIsAway_ShouldStoreItLater()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        node.Usage.IsBroken = true;
        await AskAsync(node, session, OneAndAHalfCents);
        node.Usage.IsBroken = false;

        await Eventually.ShouldHoldAsync(
            () =>
            {
                node.Time.Advance(TimeSpan.FromSeconds(5));
                return node.Usage.Records.Count == 1;
            },
            "it was stored");
    }

    [Fact]
    public async Task Stop_ShouldStoreWhatWasCounted()
    {
        var usage = new InMemoryUsage();
        await using (var node = await Node.StartAsync(usage: usage))
        {
            var session = await node.CreateSessionAsync();
            for (var i = 0; i < 100; i++)
            {
                await AskAsync(node, session, OneAndAHalfCents);
            }

            await node.StopAsync();
        }

        usage.Records.Count.ShouldBe(100);
    }

    private static async Task AskAsync(Node node, SessionId session, ApiOutcome outcome, ApiRequest? request = null)
    {
        var begun = await node.Meter.BeginAsync(session, request ?? Small, default);
        begun.IsSuccess.ShouldBeTrue(begun.Error?.Message);
        begun.Value.Complete(outcome);
    }

    private static async Task<UsageRecord> RecordAsync(Node node)
    {
        await Eventually.ShouldHoldAsync(() => node.Usage.Records.Count > 0, "it was stored");
        return node.Usage.Records.ShouldHaveSingleItem();
    }
}
