using Claudy.Application.Sessions;
using Claudy.Application.Tests.Support;
using Claudy.Domain.Sessions;
using Microsoft.Extensions.Options;
using NSubstitute;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Sessions;

public sealed class RetentionTests
{
    [Fact]
    public async Task Sweep_WhenASessionSleptTooLong_ShouldTerminateItVisibly()
    {
        await using var node = await StartAsync(("TerminateAsleepAfter", "30.00:00:00"));
        var session = await AsleepAsync(node);

        node.Time.Advance(TimeSpan.FromDays(31));

        (await node.EventAsync<StatusChanged>(session, e => e.Status == SessionStatus.Terminated)).Reason.ShouldBe("retention");
    }

    [Fact]
    public async Task Sweep_WhenTheTimeIsNotOver_ShouldLeaveIt()
    {
        await using var node = await StartAsync(("TerminateAsleepAfter", "30.00:00:00"));
        var fresh = await AsleepAsync(node);
        node.Time.Advance(TimeSpan.FromDays(20));
        var fresher = await AsleepAsync(node);

        node.Time.Advance(TimeSpan.FromDays(20));

        await node.StatusAsync(fresh, SessionStatus.Terminated);
        node.Store.Events(fresher).Select(e => e.Event).ShouldNotContain(new StatusChanged(SessionStatus.Terminated, "retention"));
    }

    [Fact]
    public async Task Sweep_WhenItIsUsedAfterAll_ShouldLeaveIt()
    {
        await using var node = await StartAsync(("TerminateAsleepAfter", "00:20:00"), ("SweepInterval", "00:10:00"));
        var idle = await node.CreateSessionAsync();
        await node.StatusAsync(idle, SessionStatus.Idle);
        var asleep = await AsleepAsync(node);

        node.Time.Advance(TimeSpan.FromMinutes(25));

        await node.StatusAsync(asleep, SessionStatus.Terminated);
        node.Store.Events(idle).Select(e => e.Event).OfType<StatusChanged>().ShouldNotContain(e => e.Status == SessionStatus.Terminated);
    }

    [Fact]
    public async Task Sweep_WhenTheDocumentIsOlderThanTheLog_ShouldBelieveTheLog()
    {
        var store = new InMemoryStore();
        await using var node = await StartAsync(store, ("TerminateAsleepAfter", "30.00:00:00"));
        var session = await AsleepAsync(node);
        var old = (await store.FindAsync(session, default))!;
        await node.PutDownAsync();
        node.Time.Advance(TimeSpan.FromDays(29));
        await node.StopAsync();

        // Used yesterday, but a power cut came before the document was saved.
        var used = new StoredEvent(old.LastSeq + 1, node.Time.GetUtcNow(), new AssistantText("m", "of yesterday", false, null));
        (await store.AppendAsync(session, 1000, old.LastSeq, [used], default)).IsSuccess.ShouldBeTrue();
        await using var next = await StartAsync(store, ("TerminateAsleepAfter", "30.00:00:00"));
        next.Time.Advance(TimeSpan.FromDays(31) - (next.Time.GetUtcNow() - old.LastActivityAt));
        await Eventually.ShouldHoldAsync(() => next.Coordination.Held.Contains(session), "the session was asked");
        await next.AttachAsync(session);

        store.Events(session).Select(e => e.Event).OfType<StatusChanged>().ShouldNotContain(e => e.Status == SessionStatus.Terminated);
    }

    [Fact]
    public async Task Sweep_WhenATerminatedSessionIsOldEnough_ShouldDeleteIt()
    {
        await using var node = await StartAsync(("DeleteTerminatedAfter", "10.00:00:00"));
        var asleep = await AsleepAsync(node);
        var over = await AsleepAsync(node);
        await node.SendAsync(new TerminateSession(Node.Owner, over));

        node.Time.Advance(TimeSpan.FromDays(11));

        await Eventually.ShouldHoldAsync(() => node.Store.Events(over).Count == 0, "the events were removed");
        await node.Files.Received().RemoveAsync(over, Arg.Any<CancellationToken>());
        node.Store.Events(asleep).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Sweep_WhenBothAreSet_ShouldTerminateAndThenDelete()
    {
        await using var node = await StartAsync(("TerminateAsleepAfter", "10.00:00:00"), ("DeleteTerminatedAfter", "10.00:00:00"));
        var session = await AsleepAsync(node);

        node.Time.Advance(TimeSpan.FromDays(11));
        await node.StatusAsync(session, SessionStatus.Terminated);
        node.Time.Advance(TimeSpan.FromDays(11));

        await Eventually.ShouldHoldAsync(() => node.Store.Events(session).Count == 0, "the events were removed");
    }

    [Fact]
    public async Task Sweep_WhenNothingIsSet_ShouldLeaveEverything()
    {
        await using var node = await StartAsync(("SweepInterval", "1.00:00:00"));
        var asleep = await AsleepAsync(node);
        var over = await AsleepAsync(node);
        await node.SendAsync(new TerminateSession(Node.Owner, over));
        var marked = await AsleepAsync(node);
        await node.Store.MarkDeletingAsync(marked, default);

        node.Time.Advance(TimeSpan.FromDays(10_000));

        // The same sweep that left the others alone finished this one.
        await Eventually.ShouldHoldAsync(() => node.Store.Events(marked).Count == 0, "a sweep ran");
        node.Store.Events(over).ShouldNotBeEmpty();
        node.Store.Events(asleep).Select(e => e.Event).OfType<StatusChanged>().ShouldNotContain(e => e.Status == SessionStatus.Terminated);
    }

    [Fact]
    public async Task Sweep_WhenThereAreMany_ShouldDoSoManyAtATime()
    {
        await using var node = await StartAsync(("DeleteTerminatedAfter", "1.00:00:00"), ("SweepInterval", "1.00:00:00"), ("MaxPerSweep", "2"));
        for (var i = 0; i < 5; i++)
        {
            await node.SendAsync(new TerminateSession(Node.Owner, await AsleepAsync(node)));
        }

        await node.PutDownAsync();
        node.Time.Advance(TimeSpan.FromDays(1.5));
        await LeftAsync(node, 3);
        node.Time.Advance(TimeSpan.FromDays(1));
        await LeftAsync(node, 1);
        node.Time.Advance(TimeSpan.FromDays(1));
        await LeftAsync(node, 0);
    }

    [Fact]
    public async Task Sweep_WhenDeletionsKeepFailing_ShouldFinishThoseBehindThem()
    {
        await using var node = await StartAsync(("SweepInterval", "1.00:00:00"), ("MaxPerSweep", "2"));
        List<SessionId> marked = [await AsleepAsync(node), await AsleepAsync(node), await AsleepAsync(node)];
        marked.Sort((a, b) => string.CompareOrdinal(a.ToString(), b.ToString()));
        node.Files.RemoveAsync(Arg.Is<SessionId>(id => id != marked[2]), Arg.Any<CancellationToken>()).Returns(Task.FromException(new IOException("busy")));
        await node.PutDownAsync();
        foreach (var session in marked)
        {
            await node.Store.MarkDeletingAsync(session, default);
        }

        await SweepUntilAsync(node, () => node.Store.Events(marked[2]).Count == 0, "the third was deleted");

        (await node.Store.ListDeletingAsync(null, 10, default)).ShouldBe(marked.Take(2));
    }

    [Fact]
    public async Task Sweep_WhenOneCannotBeTerminated_ShouldTerminateThoseBehindIt()
    {
        await using var node = await StartAsync(("TerminateAsleepAfter", "30.00:00:00"), ("SweepInterval", "1.00:00:00"), ("MaxPerSweep", "1"));
        var stuck = await AsleepAsync(node);
        node.Time.Advance(TimeSpan.FromMinutes(1));
        var behind = await AsleepAsync(node);
        await node.PutDownAsync();
        await node.Coordination.AcquireAsync(stuck, 0, default);
        node.Time.Advance(TimeSpan.FromDays(31));

        await SweepUntilAsync(
            node, () => node.Store.Events(behind).Any(e => e.Event is StatusChanged { Status: SessionStatus.Terminated }), "the second was terminated");
    }

    [Theory]
    [InlineData("TerminateAsleepAfter", "00:00:00")]
    [InlineData("DeleteTerminatedAfter", "-1.00:00:00")]
    [InlineData("SweepInterval", "30.00:00:00")]
    [InlineData("MaxPerSweep", "0")]
    public async Task Start_WhenASettingIsWrong_ShouldNameIt(string setting, string value)
    {
        var refused = await Should.ThrowAsync<OptionsValidationException>(() => StartAsync((setting, value)));

        refused.Message.ShouldContain(setting);
    }

    private static Task<Node> StartAsync(params (string Key, string Value)[] settings) => StartAsync(null, settings);

    private static Task<Node> StartAsync(InMemoryStore? store, params (string Key, string Value)[] settings) =>
        Node.StartAsync(store, settings: settings.ToDictionary(s => $"Claudy:Retention:{s.Key}", s => (string?)s.Value, StringComparer.Ordinal));

    private static async Task<SessionId> AsleepAsync(Node node)
    {
        var session = await node.CreateSessionAsync();
        await node.StatusAsync(session, SessionStatus.Idle);
        await node.SendAsync(new HibernateSession(Node.Owner, session));
        await node.StatusAsync(session, SessionStatus.Hibernated);
        await Eventually.ShouldHoldAsync(
            async () => (await node.Store.FindAsync(session, default))?.State.Status == SessionStatus.Hibernated, "the document was saved");
        return session;
    }

    private static Task SweepUntilAsync(Node node, Func<bool> isDone, string what) => Eventually.ShouldHoldAsync(
        () =>
        {
            node.Time.Advance(TimeSpan.FromDays(1));
            return isDone();
        },
        what);

    private static Task LeftAsync(Node node, int count) => Eventually.ShouldHoldAsync(
        async () => (await node.Store.ListUnusedAsync(SessionStatus.Terminated, DateTimeOffset.MaxValue, null, 10, default)).Count == count
            && (await node.Store.ListDeletingAsync(null, 10, default)).Count == 0,
        $"{count} were left");
}
