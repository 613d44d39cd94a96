using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Users;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Contracts;

/// <summary>What every session store must do.</summary>
public abstract class SessionStoreContract
{
    private readonly UserId _owner = TestSessions.NewUser();

    protected abstract ISessionStore Store { get; }

    [Fact]
    public async Task FindAsync_WhenSessionWasAdded_ShouldGiveItAsItIs()
    {
        var added = await Add("first", SessionStatus.AwaitingPermission);

        var found = (await Store.FindAsync(added.Id, default)).ShouldNotBeNull();

        (found with { State = added.State }).ShouldBe(added);
        SessionEventJson.EncodeState(found.State).ShouldBe(SessionEventJson.EncodeState(added.State));
    }

    [Fact]
    public async Task FindAsync_WhenThereIsNone_ShouldBeNull() =>
        (await Store.FindAsync(TestSessions.NewId(), default)).ShouldBeNull();

    [Fact]
    public async Task AddAsync_WhenTheIdIsTaken_ShouldThrowAndKeepTheFirst()
    {
        var first = await Add("first");

        await Should.ThrowAsync<InvalidOperationException>(() => Store.AddAsync(Renamed(first, "second", 2), default));

        (await Name(first.Id)).ShouldBe("first");
    }

    [Theory]
    [InlineData(4, "old")]
    [InlineData(5, "new")]
    [InlineData(6, "new")]
    public async Task SaveAsync_WhenLastSeqDiffers_ShouldReplaceUnlessItIsLower(long lastSeq, string expected)
    {
        var session = TestSessions.Document(_owner, "old", lastSeq: 5);
        await Store.AddAsync(session, default);

        await Store.SaveAsync(Renamed(session, "new", lastSeq), default);

        (await Name(session.Id)).ShouldBe(expected);
    }

    [Fact]
    public async Task SaveAsync_WhenManyRace_ShouldEndWithTheHighestLastSeq()
    {
        var session = await Add("0");

        await Task.WhenAll(Enumerable.Range(1, 50).OrderBy(seq => seq * 37 % 51).Select(seq => Store.SaveAsync(Renamed(session, $"{seq}", seq), default)));

        (await Name(session.Id)).ShouldBe("50");
    }

    [Fact]
    public async Task ListAsync_WhenThereAreSeveral_ShouldGiveTheLastUsedFirst()
    {
        await Add("old", activity: 1);
        await Add("new", activity: 3);
        await Add("middle", activity: 2);

        var page = await Store.ListAsync(new SessionFilter(_owner, null, null, 10, null), default);

        Names(page).ShouldBe(["new", "middle", "old"]);
        page.NextCursor.ShouldBeNull();
    }

    [Fact]
    public async Task ListAsync_WhenReadPageByPage_ShouldGiveEachOnce()
    {
        for (var i = 0; i < 11; i++)
        {
            await Add($"s{i}", activity: i / 3);
        }

        var names = new List<string>();
        string? cursor = null;
        do
        {
            var page = await Store.ListAsync(new SessionFilter(_owner, null, null, 4, cursor), default);
            page.Sessions.Count.ShouldBeLessThanOrEqualTo(4);
            names.AddRange(Names(page));
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        names.Order(StringComparer.Ordinal).ShouldBe(Enumerable.Range(0, 11).Select(i => $"s{i}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ListAsync_WhenThePageIsJustFull_ShouldHaveNoNext()
    {
        await Add("one");
        await Add("two");

        var page = await Store.ListAsync(new SessionFilter(_owner, null, null, 2, null), default);

        page.Sessions.Count.ShouldBe(2);
        page.NextCursor.ShouldBeNull();
    }

    [Fact]
    public async Task ListAsync_WhenAnotherUserHasSessions_ShouldNotGiveThem()
    {
        await Store.AddAsync(TestSessions.Document(TestSessions.NewUser()), default);

        (await Store.ListAsync(new SessionFilter(_owner, null, null, 10, null), default)).Sessions.ShouldBeEmpty();
    }

    [Fact]
    public async Task ListAsync_WhenStatusIsGiven_ShouldGiveOnlyThose()
    {
        await Add("sleeps", SessionStatus.Hibernated);
        await Add("asks", SessionStatus.AwaitingPermission);

        var page = await Store.ListAsync(new SessionFilter(_owner, SessionStatus.AwaitingPermission, null, 10, null), default);

        Names(page).ShouldBe(["asks"]);
    }

    [Theory]
    [InlineData("REFACTOR")]
    [InlineData("ärger")]
    [InlineData("100%_")]
    public async Task ListAsync_WhenQueryIsGiven_ShouldFindItInNamesWhateverItsCase(string query)
    {
        await Add("Refactor: 100%_ ÄRGER");
        await Add("something else, 100 percent");

        var page = await Store.ListAsync(new SessionFilter(_owner, null, query, 10, null), default);

        Names(page).ShouldBe(["Refactor: 100%_ ÄRGER"]);
    }

    [Fact]
    public async Task ListAsync_WhenASessionWasRenamed_ShouldFindItByItsNewNameOnly()
    {
        var session = await Add("before");
        await Store.SaveAsync(Renamed(session, "after", 2), default);

        (await Store.ListAsync(new SessionFilter(_owner, null, "after", 10, null), default)).Sessions.Count.ShouldBe(1);
        (await Store.ListAsync(new SessionFilter(_owner, null, "before", 10, null), default)).Sessions.ShouldBeEmpty();
    }

    [Fact]
    public async Task CountLiveAsync_WhenSomeAreTerminated_ShouldNotCountThem()
    {
        await Add("idle");
        await Add("sleeps", SessionStatus.Hibernated);
        await Add("over", SessionStatus.Terminated);

        (await Store.CountLiveAsync(_owner, default)).ShouldBe(2);
    }

    [Fact]
    public async Task ListUnsettledAsync_WhenSomeHaveWork_ShouldGiveThose()
    {
        var running = await Add("running", SessionStatus.Running);
        var settled = await Add("settled", SessionStatus.Hibernated);
        var queued = TestSessions.Document(_owner, "queued", SessionStatus.Hibernated);
        queued = queued with { State = queued.State with { Queue = [new ChatMessage("m1", null, "hello", [])] } };
        await Store.AddAsync(queued, default);

        var unsettled = await Store.ListUnsettledAsync(default);

        unsettled.ShouldContain(running.Id);
        unsettled.ShouldContain(queued.Id);
        unsettled.ShouldNotContain(settled.Id);
    }

    [Fact]
    public async Task ListUnsettledAsync_WhenASessionSettled_ShouldNotGiveItAnyMore()
    {
        var session = await Add("running", SessionStatus.Running);
        await Store.SaveAsync(session with { LastSeq = 2, State = session.State with { Status = SessionStatus.Hibernated } }, default);

        (await Store.ListUnsettledAsync(default)).ShouldNotContain(session.Id);
    }

    [Fact]
    public async Task SaveAsync_WhenThereIsNone_ShouldNotMakeOne()
    {
        var session = TestSessions.Document(_owner);

        await Store.SaveAsync(session, default);

        (await Store.FindAsync(session.Id, default)).ShouldBeNull();
    }

    [Fact]
    public async Task MarkDeletingAsync_ShouldHideTheSessionFromAllButTheRemoval()
    {
        var marked = await Add("marked", SessionStatus.Running);
        var asleep = await Add("asleep", SessionStatus.Hibernated);

        await Store.MarkDeletingAsync(marked.Id, default);
        await Store.MarkDeletingAsync(asleep.Id, default);
        await Store.MarkDeletingAsync(asleep.Id, default);
        await Store.MarkDeletingAsync(TestSessions.NewId(), default);

        (await Store.FindAsync(marked.Id, default)).ShouldBeNull();
        (await Store.ListAsync(new SessionFilter(_owner, null, null, 10, null), default)).Sessions.ShouldBeEmpty();
        (await Store.CountLiveAsync(_owner, default)).ShouldBe(2);
        (await Store.ListUnsettledAsync(default)).ShouldNotContain(marked.Id);
        (await Store.ListUnusedAsync(SessionStatus.Hibernated, DateTimeOffset.MaxValue, null, 10_000, default)).ShouldNotContain(asleep.Id);
        (await Store.ListDeletingAsync(null, 10_000, default)).ShouldBe([marked.Id, asleep.Id], ignoreOrder: true);
        (await Store.ListDeletingAsync(null, 1, default)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task SaveAsync_WhenTheSessionIsMarked_ShouldNotBringItBack()
    {
        var session = await Add("marked");
        await Store.MarkDeletingAsync(session.Id, default);

        await Store.SaveAsync(session with { LastSeq = 9 }, default);

        (await Store.FindAsync(session.Id, default)).ShouldBeNull();
        (await Store.ListDeletingAsync(null, 10, default)).ShouldBe([session.Id]);
    }

    [Fact]
    public async Task DeleteAsync_ShouldLeaveNothing_AndBeHarmlessTheSecondTime()
    {
        var marked = await Add("marked");
        var other = await Add("other");
        await Store.MarkDeletingAsync(marked.Id, default);

        await Store.DeleteAsync(marked.Id, default);
        await Store.DeleteAsync(marked.Id, default);

        (await Store.FindAsync(marked.Id, default)).ShouldBeNull();
        (await Store.ListDeletingAsync(null, 10, default)).ShouldBeEmpty();
        (await Name(other.Id)).ShouldBe("other");
    }

    [Fact]
    public async Task ListUnusedAsync_ShouldGiveSettledOnesOfTheStatusBeforeTheMoment_TheOldestFirst()
    {
        var oldest = await Add("oldest", SessionStatus.Terminated, activity: 1);
        var older = await Add("older", SessionStatus.Terminated, activity: 2);
        await Add("at the moment", SessionStatus.Terminated, activity: 3);
        await Add("another status", SessionStatus.Hibernated, activity: 1);
        var queued = TestSessions.Document(_owner, "queued", SessionStatus.Hibernated, activity: TestSessions.Now);
        await Store.AddAsync(queued with { State = queued.State with { Queue = [new ChatMessage("m1", null, "hello", [])] } }, default);

        var before = TestSessions.Now.AddMinutes(3);
        (await Store.ListUnusedAsync(SessionStatus.Terminated, before, null, 10, default)).ShouldBe([oldest.Id, older.Id]);
        (await Store.ListUnusedAsync(SessionStatus.Terminated, before, null, 1, default)).ShouldBe([oldest.Id]);
        (await Store.ListUnusedAsync(SessionStatus.Hibernated, before, null, 10, default)).ShouldHaveSingleItem().ShouldNotBe(queued.Id);
    }

    [Fact]
    public async Task ListUnusedAsync_AfterOne_ShouldGoOnBehindIt()
    {
        List<SessionId> all = [];
        foreach (var activity in new[] { 1, 2, 2, 2, 3 })
        {
            all.Add((await Add("old", SessionStatus.Terminated, activity)).Id);
        }

        List<SessionId> found = [];
        for (SessionId? after = null; found.Count < 5; after = found[^1])
        {
            var page = await Store.ListUnusedAsync(SessionStatus.Terminated, DateTimeOffset.MaxValue, after, 2, default);
            page.ShouldNotBeEmpty();
            found.AddRange(page);
        }

        found.ShouldBe(all, ignoreOrder: true);
        (await Store.ListUnusedAsync(SessionStatus.Terminated, DateTimeOffset.MaxValue, found[^1], 2, default)).ShouldBeEmpty();
        (await Store.ListUnusedAsync(SessionStatus.Terminated, DateTimeOffset.MaxValue, TestSessions.NewId(), 2, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task ListDeletingAsync_AfterOneThatIsGone_ShouldGoOnBehindIt()
    {
        foreach (var name in new[] { "a", "b", "c" })
        {
            await Store.MarkDeletingAsync((await Add(name)).Id, default);
        }

        var all = await Store.ListDeletingAsync(null, 10, default);
        await Store.DeleteAsync(all[0], default);

        (await Store.ListDeletingAsync(all[0], 10, default)).ShouldBe(all.Skip(1));
        (await Store.ListDeletingAsync(all[1], 10, default)).ShouldBe(all.Skip(2));
        (await Store.ListDeletingAsync(all[2], 10, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task AddHiddenAsync_ShouldBeSeenByTheRemovalOnlyUntilItIsRevealed()
    {
        var hidden = TestSessions.Document(_owner, "hidden", SessionStatus.Hibernated, activity: TestSessions.Now);
        await Store.AddHiddenAsync(hidden, default);

        (await Store.FindAsync(hidden.Id, default)).ShouldBeNull();
        (await Store.CountLiveAsync(_owner, default)).ShouldBe(1);
        (await Store.ListDeletingAsync(null, 10, default)).ShouldBe([hidden.Id]);
        await Should.ThrowAsync<InvalidOperationException>(() => Store.AddAsync(hidden, default));

        (await Store.RevealAsync(Renamed(hidden, "whole", 7), default)).ShouldBeTrue();

        (await Name(hidden.Id)).ShouldBe("whole");
        (await Store.FindAsync(hidden.Id, default))!.LastSeq.ShouldBe(7);
        (await Store.ListDeletingAsync(null, 10, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task RevealAsync_WhenItIsGoneOrNotHidden_ShouldChangeNothing()
    {
        var plain = await Add("plain");
        var gone = TestSessions.Document(_owner, "gone", SessionStatus.Hibernated, activity: TestSessions.Now);

        (await Store.RevealAsync(Renamed(plain, "other", 9), default)).ShouldBeFalse();
        (await Store.RevealAsync(gone, default)).ShouldBeFalse();

        (await Name(plain.Id)).ShouldBe("plain");
        (await Store.FindAsync(gone.Id, default)).ShouldBeNull();
    }

    private static SessionDocument Renamed(SessionDocument session, string name, long lastSeq) =>
        session with { LastSeq = lastSeq, State = session.State with { Settings = session.State.Settings with { Name = name } } };

    private static IEnumerable<string> Names(SessionPage page) => page.Sessions.Select(s => s.State.Settings.Name);

    private async Task<SessionDocument> Add(string name, SessionStatus status = SessionStatus.Idle, int activity = 0)
    {
        var session = TestSessions.Document(_owner, name, status, activity: TestSessions.Now.AddMinutes(activity));
        await Store.AddAsync(session, default);
        return session;
    }

    private async Task<string> Name(SessionId id) => (await Store.FindAsync(id, default)).ShouldNotBeNull().State.Settings.Name;
}
