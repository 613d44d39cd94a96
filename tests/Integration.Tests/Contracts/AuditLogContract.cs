using System.Text.Json;
using Claudy.Application.Audit;
using Claudy.Application.Audit.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Users;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Contracts;

/// <summary>What every audit log promises.</summary>
public abstract class AuditLogContract
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly AuditCheck Whole = new(null, null);
    private static readonly AuditFilter All = new(null, null, null, null);

    protected abstract IAuditLog Log { get; }

    protected abstract IAuditTrail Trail { get; }

    /// <summary>Another process's view of the same log.</summary>
    protected abstract IAuditLog OpenAnother();

    [Fact]
    public async Task Append_ShouldKeepEachFieldAsItWas()
    {
        var user = UserId.New(Now);
        var session = SessionId.New(Now);

        await Log.AppendAsync(
            new AuditEntry("session.created", AuditOutcome.Refused)
            {
                Code = "SESSION_011",
                UserId = user,
                Username = "zoë",
                Credential = AuditCredential.AccessToken,
                Address = "2001:db8::1",
                Correlation = "c-1",
                Session = session,
                Target = "a \"quoted\" \u0001 \ud83d name",
                Details = [new("mode", "Plan")],
            },
            default);

        var record = (await ReadAsync(All)).ShouldHaveSingleItem();
        record.GetProperty("seq").GetInt64().ShouldBe(1);
        record.GetProperty("action").GetString().ShouldBe("session.created");
        record.GetProperty("outcome").GetString().ShouldBe("refused");
        record.GetProperty("code").GetString().ShouldBe("SESSION_011");
        record.GetProperty("user").GetString().ShouldBe(user.ToString());
        record.GetProperty("name").GetString().ShouldBe("zoë");
        record.GetProperty("credential").GetString().ShouldBe("access_token");
        record.GetProperty("address").GetString().ShouldBe("2001:db8::1");
        record.GetProperty("correlation").GetString().ShouldBe("c-1");
        record.GetProperty("session").GetString().ShouldBe(session.ToString());
        record.GetProperty("target").GetString().ShouldBe("a \"quoted\" \u0001 \ufffd name");
        record.GetProperty("details").GetProperty("mode").GetString().ShouldBe("Plan");
        record.GetProperty("node").GetString().ShouldNotBeNullOrEmpty();
        record.GetProperty("time").GetDateTimeOffset().ShouldBe(TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Append_WhenATextIsEndless_ShouldCutIt()
    {
        await Log.AppendAsync(new AuditEntry("x", AuditOutcome.Done) { Target = new string('a', 1_000_000) }, default);

        (await ReadAsync(All))[0].GetProperty("target").GetString()!.Length.ShouldBeLessThan(2000);
    }

    [Fact]
    public async Task Append_WhenFiftyWriteAtOnceInTwoProcesses_ShouldKeepOneChain()
    {
        var another = OpenAnother();

        await Task.WhenAll(Enumerable.Range(0, 50).Select(async writer =>
        {
            for (var i = 0; i < 20; i++)
            {
                await (writer % 2 == 0 ? Log : another).AppendAsync(new AuditEntry($"writer.{writer}.{i}", AuditOutcome.Done), default);
            }
        }));

        (await Trail.VerifyAsync(Whole, default)).ShouldBe(new AuditVerdict(1000, await HeadAsync(), null, 0));
        var actions = (await ReadAsync(All)).ConvertAll(record => record.GetProperty("action").GetString()!);
        actions.Distinct(StringComparer.Ordinal).Count().ShouldBe(1000);
        for (var writer = 0; writer < 50; writer++)
        {
            // Whoever waits for one record before the next finds them in that order.
            actions.Where(action => action.StartsWith($"writer.{writer}.", StringComparison.Ordinal))
                .ShouldBe(Enumerable.Range(0, 20).Select(i => $"writer.{writer}.{i}"));
        }
    }

    [Fact]
    public async Task Post_ShouldBeThereBeforeWhatIsWaitedForAfterIt()
    {
        Log.Post(new AuditEntry("first", AuditOutcome.Done));
        await Log.AppendAsync(new AuditEntry("second", AuditOutcome.Done), default);

        (await ReadAsync(All)).ConvertAll(record => record.GetProperty("action").GetString()).ShouldBe(["first", "second"]);
    }

    [Fact]
    public async Task Read_WhenFiltered_ShouldGiveWhatFits()
    {
        var user = UserId.New(Now);
        await Log.AppendAsync(new AuditEntry("session.created", AuditOutcome.Done) { UserId = user, Username = "alice" }, default);
        await Log.AppendAsync(new AuditEntry("session.deleted", AuditOutcome.Done) { Username = "bob" }, default);
        await Log.AppendAsync(new AuditEntry("sessions", AuditOutcome.Done), default);
        var now = TimeProvider.System.GetUtcNow();

        (await ActionsAsync(All with { User = "alice" })).ShouldBe(["session.created"]);
        (await ActionsAsync(All with { User = user.ToString() })).ShouldBe(["session.created"]);
        (await ActionsAsync(All with { Action = "session.deleted" })).ShouldBe(["session.deleted"]);
        (await ActionsAsync(All with { Action = "session." })).ShouldBe(["session.created", "session.deleted"]);
        (await ActionsAsync(All with { From = now.AddMinutes(-1), To = now.AddMinutes(1) })).Count.ShouldBe(3);
        (await ActionsAsync(All with { From = now.AddMinutes(1) })).ShouldBeEmpty();
        (await ActionsAsync(All with { To = now.AddMinutes(-1) })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Verify_WhenAHeadWasNotedDown_ShouldFindIt()
    {
        await Log.AppendAsync(new AuditEntry("first", AuditOutcome.Done), default);
        var head = await HeadAsync();
        await Log.AppendAsync(new AuditEntry("second", AuditOutcome.Done), default);

        (await Trail.VerifyAsync(new AuditCheck(head, null), default)).Break.ShouldBeNull();
        (await Trail.VerifyAsync(new AuditCheck(new string('a', 64), null), default)).Break.ShouldNotBeNull().Reason.ShouldContain("no record has the hash");
    }

    private async Task<string?> HeadAsync() => (await Trail.VerifyAsync(Whole, default)).Head;

    private async Task<List<string?>> ActionsAsync(AuditFilter filter) => (await ReadAsync(filter)).ConvertAll(record => record.GetProperty("action").GetString());

    private async Task<List<JsonElement>> ReadAsync(AuditFilter filter)
    {
        List<JsonElement> records = [];
        await foreach (var line in Trail.ReadAsync(filter, default))
        {
            records.Add(JsonDocument.Parse(line).RootElement);
        }

        return records;
    }
}
