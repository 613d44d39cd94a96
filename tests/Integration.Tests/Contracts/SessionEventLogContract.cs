using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Contracts;

/// <summary>What every event log must do.</summary>
public abstract class SessionEventLogContract
{
    private readonly SessionId _session = TestSessions.NewId();

    protected abstract ISessionEventLog Log { get; }

    [Fact]
    public async Task AppendAsync_WhenLogIsEmpty_ShouldKeepEventsAsTheyAre()
    {
        var events = TestSessions.Events(0, 3);

        var result = await Log.AppendAsync(_session, 1, 0, events, default);

        result.IsSuccess.ShouldBeTrue();
        (await Log.ReadAfterAsync(_session, 0, 100, default)).ShouldBe(events);
    }

    [Fact]
    public async Task AppendAsync_WhenAfterSeqIsTheLast_ShouldGoOnFromThere()
    {
        await Append(1, 0, 2);

        var result = await Log.AppendAsync(_session, 1, 2, TestSessions.Events(2, 2), default);

        result.IsSuccess.ShouldBeTrue();
        (await Seqs()).ShouldBe([1, 2, 3, 4]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task AppendAsync_WhenAfterSeqIsNotTheLast_ShouldRefuseAndWriteNothing(long afterSeq)
    {
        await Append(1, 0, 2);

        var result = await Log.AppendAsync(_session, 1, afterSeq, TestSessions.Events(afterSeq, 2), default);

        result.Error.ShouldNotBeNull().Code.ShouldBe("SESSION_014");
        (await Seqs()).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task AppendAsync_WhenEpochIsStale_ShouldRefuseAndWriteNothing()
    {
        await Append(5, 0, 1);

        var result = await Log.AppendAsync(_session, 4, 1, TestSessions.Events(1, 1), default);

        result.Error.ShouldNotBeNull().Code.ShouldBe("SESSION_014");
        (await Seqs()).ShouldBe([1]);
        (await Log.HeadAsync(_session, default)).ShouldBe(new SessionHead(1, 5));
    }

    [Fact]
    public async Task AppendAsync_WhenEpochRises_ShouldRefuseTheOldOneFromThenOn()
    {
        await Append(1, 0, 1);
        await Append(2, 1, 1);

        var result = await Log.AppendAsync(_session, 1, 2, TestSessions.Events(2, 1), default);

        result.Error.ShouldNotBeNull().Code.ShouldBe("SESSION_014");
        (await Log.HeadAsync(_session, default)).ShouldBe(new SessionHead(2, 2));
    }

    [Fact]
    public async Task AppendAsync_WhenRefused_ShouldNotRaiseTheEpoch()
    {
        await Append(1, 0, 1);

        await Log.AppendAsync(_session, 9, 7, TestSessions.Events(7, 1), default);

        (await Log.HeadAsync(_session, default)).ShouldBe(new SessionHead(1, 1));
    }

    [Fact]
    public async Task AppendAsync_WhenEventsAreMisnumbered_ShouldThrow()
    {
        await Should.ThrowAsync<ArgumentException>(() => Log.AppendAsync(_session, 1, 0, [TestSessions.Event(2, "no first")], default));

        (await Log.HeadAsync(_session, default)).ShouldBe(new SessionHead(0, 0));
    }

    [Fact]
    public async Task AppendAsync_WhenThereAreNoEvents_ShouldThrow() =>
        await Should.ThrowAsync<ArgumentException>(() => Log.AppendAsync(_session, 1, 0, [], default));

    [Fact]
    public async Task AppendAsync_WhenFiftySessionsAppendAtOnce_ShouldKeepEachGapFree()
    {
        var sessions = Enumerable.Range(0, 50).Select(_ => TestSessions.NewId()).ToList();

        await Task.WhenAll(sessions.Select(async session =>
        {
            for (var last = 0; last < 20; last += 2)
            {
                (await Log.AppendAsync(session, 1, last, TestSessions.Events(last, 2), default)).IsSuccess.ShouldBeTrue();
            }
        }));

        foreach (var session in sessions)
        {
            (await Log.ReadAfterAsync(session, 0, 100, default)).ShouldBe(TestSessions.Events(0, 20));
        }
    }

    [Fact]
    public async Task AppendAsync_WhenFiftyWritersRaceForOneSession_ShouldLetOneWinEachPlace()
    {
        var wins = await Task.WhenAll(Enumerable.Range(0, 50).Select(async writer =>
        {
            var won = 0;
            for (var i = 0; i < 10; i++)
            {
                var head = await Log.HeadAsync(_session, default);
                var result = await Log.AppendAsync(_session, 1, head.LastSeq, [TestSessions.Event(head.LastSeq + 1, $"writer {writer}")], default);
                won += result.IsSuccess ? 1 : 0;
            }

            return won;
        }));

        (await Seqs()).ShouldBe(Enumerable.Range(1, wins.Sum()).Select(i => (long)i));
        wins.Sum().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task ReadAfterAsync_WhenThereAreMoreThanTheLimit_ShouldGiveTheFirstOfThem()
    {
        await Append(1, 0, 10);

        var events = await Log.ReadAfterAsync(_session, 3, 4, default);

        events.Select(e => e.Seq).ShouldBe([4, 5, 6, 7]);
    }

    [Fact]
    public async Task ReadAfterAsync_WhenAfterSeqIsTheLast_ShouldBeEmpty()
    {
        await Append(1, 0, 3);

        (await Log.ReadAfterAsync(_session, 3, 10, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task ReadBeforeAsync_WhenThereAreMoreThanTheLimit_ShouldGiveTheLastOfThemAscending()
    {
        await Append(1, 0, 10);

        var events = await Log.ReadBeforeAsync(_session, 8, 3, default);

        events.Select(e => e.Seq).ShouldBe([5, 6, 7]);
    }

    [Fact]
    public async Task ReadBeforeAsync_WhenBeforeSeqIsTheFirst_ShouldBeEmpty()
    {
        await Append(1, 0, 3);

        (await Log.ReadBeforeAsync(_session, 1, 10, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task ReadBeforeAsync_WhenBeforeSeqIsBeyondTheEnd_ShouldGiveTheEnd()
    {
        await Append(1, 0, 3);

        var events = await Log.ReadBeforeAsync(_session, long.MaxValue, 2, default);

        events.Select(e => e.Seq).ShouldBe([2, 3]);
    }

    [Fact]
    public async Task ReadAfterAsync_WhenAnotherSessionHasEvents_ShouldNotSeeThem()
    {
        await Append(1, 0, 2);

        (await Log.ReadAfterAsync(TestSessions.NewId(), 0, 10, default)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2_500, 3)]
    [InlineData(1_000_000, 10)]
    public async Task ReadPageAsync_ShouldEndWithTheEventThatFillsIt(int maxBytes, int expected)
    {
        StoredEvent[] events = [.. Enumerable.Range(1, 10).Select(seq => TestSessions.Event(seq, new string('x', 1_000)))];
        await Log.AppendAsync(_session, 1, 0, events, default);

        (await Log.ReadPageAsync(_session, 0, maxBytes, default)).Select(e => e.Decode()).ShouldBe(events[..expected]);
    }

    [Fact]
    public async Task ReadPageAsync_WhenReadToTheEnd_ShouldGiveAllInOrder()
    {
        await Append(1, 0, 25);

        List<long> seqs = [];
        while (await Log.ReadPageAsync(_session, seqs.Count, 300, default) is { Count: > 0 } page)
        {
            seqs.AddRange(page.Select(e => e.Seq));
        }

        seqs.ShouldBe(Enumerable.Range(1, 25).Select(seq => (long)seq));
    }

    [Fact]
    public async Task ReadPageAsync_WhenThereIsNothingAfter_ShouldBeEmpty()
    {
        await Append(1, 0, 2);

        (await Log.ReadPageAsync(_session, 2, 1_000, default)).ShouldBeEmpty();
        (await Log.ReadPageAsync(TestSessions.NewId(), 0, 1_000, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task HeadAsync_WhenThereAreNoEvents_ShouldBeZero() =>
        (await Log.HeadAsync(_session, default)).ShouldBe(new SessionHead(0, 0));

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public async Task DeleteAsync_WhenThereAreEvents_ShouldLeaveNone(int count)
    {
        await Append(7, 0, count);

        await Log.DeleteAsync(_session, default);

        (await Seqs()).ShouldBeEmpty();
        (await Log.ReadBeforeAsync(_session, long.MaxValue, 10, default)).ShouldBeEmpty();
        (await Log.HeadAsync(_session, default)).ShouldBe(new SessionHead(0, 0));
    }

    [Fact]
    public async Task DeleteAsync_WhenThereIsNothing_ShouldBeHarmless()
    {
        await Append(1, 0, 2);

        await Log.DeleteAsync(_session, default);
        await Log.DeleteAsync(_session, default);
        await Log.DeleteAsync(TestSessions.NewId(), default);

        (await Log.HeadAsync(_session, default)).LastSeq.ShouldBe(0);
    }

    [Fact]
    public async Task DeleteAsync_WhenOtherSessionsHaveEvents_ShouldLeaveThem()
    {
        var other = TestSessions.NewId();
        await Append(1, 0, 2);
        await Log.AppendAsync(other, 1, 0, TestSessions.Events(0, 2), default);

        await Log.DeleteAsync(_session, default);

        (await Log.ReadAfterAsync(other, 0, 10, default)).ShouldBe(TestSessions.Events(0, 2));
    }

    [Fact]
    public async Task AppendAsync_WhenTheLogWasDeleted_ShouldRefuseWhoWantsToGoOn()
    {
        await Append(1, 0, 2);

        await Log.DeleteAsync(_session, default);
        var late = await Log.AppendAsync(_session, 1, 2, TestSessions.Events(2, 1), default);

        late.Error.ShouldNotBeNull().Code.ShouldBe("SESSION_014");
        (await Seqs()).ShouldBeEmpty();
    }

    [Fact]
    public async Task DeleteAsync_WhenAWriterGoesOnAppending_ShouldLeaveNothing()
    {
        await Append(1, 0, 500);
        var appending = Task.Run(async () =>
        {
            for (var last = 500; (await Log.AppendAsync(_session, 1, last, TestSessions.Events(last, 1), default)).IsSuccess; last++)
            {
                // Until it is refused.
            }
        });

        await Log.DeleteAsync(_session, default);
        await appending;

        (await Seqs()).ShouldBeEmpty();
        (await Log.HeadAsync(_session, default)).ShouldBe(new SessionHead(0, 0));
    }

    private async Task Append(long epoch, long afterSeq, int count) =>
        (await Log.AppendAsync(_session, epoch, afterSeq, TestSessions.Events(afterSeq, count), default)).IsSuccess.ShouldBeTrue();

    private async Task<IEnumerable<long>> Seqs() => (await Log.ReadAfterAsync(_session, 0, 1000, default)).Select(e => e.Seq);
}
