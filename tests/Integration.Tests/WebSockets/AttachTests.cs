using System.Text.Json;
using Claudy.Domain.Users;
using Claudy.Integration.Tests.Contracts;
using Claudy.Integration.Tests.Support;
using FsCheck.Xunit;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.WebSockets;

/// <summary>Attaching while a session goes on: no hole, no double, in order, whenever it happens.</summary>
public sealed class AttachTests
{
    private static readonly UserId User = TestSessions.NewUser();

    [Property(MaxTest = 300)]
    public void Attach_WheneverItHappens_ShouldMissNothingAndRepeatNothing(int seed)
    {
        var session = new ScriptedSession(seed);

        var frames = session.AttachInTheMidst(User).GetAwaiter().GetResult();

        Seqs(frames).ShouldBe(Sequence(session.AfterSeq + 1, session.LastSeq), $"seed {seed}");
        foreach (var text in session.Texts.Keys)
        {
            DeltasOf(text, frames).ShouldBe(ExpectedDeltas(session, text), $"seed {seed}, {text}");
            frames.Where(f => f.Text("message_id") == text).SkipWhile(f => f.Seq() is null).ShouldAllBe(f => f.Seq() != null, $"seed {seed}, {text}");
        }
    }

    [Fact]
    public async Task Detach_WhenAHoleWaitsForItsRepair_ShouldSendNothingAnyMore()
    {
        var session = new ScriptedSession(seed: 1, events: 3);
        await session.AttachAsync(User, afterSeq: 3);
        session.AppendWithoutPublishing();
        session.AppendAndPublish();

        session.Leave();
        var frames = await session.RepairAsync(User);

        Seqs(frames).ShouldBeEmpty();
    }

    [Fact]
    public async Task AttachAnew_WhenAHoleWaitsForItsRepair_ShouldRepeatNothing()
    {
        var session = new ScriptedSession(seed: 1, events: 3);
        await session.AttachAsync(User, afterSeq: 3);
        session.AppendWithoutPublishing();
        session.AppendAndPublish();

        var frames = await session.AttachAsync(User, afterSeq: 3);
        frames.AddRange(await session.RepairAsync(User));

        Seqs(frames).ShouldBe([4, 5]);
    }

    [Fact]
    public async Task Attach_WithoutAfterSeq_ShouldReplayTheLast200()
    {
        var session = new ScriptedSession(seed: 1, events: 450);

        var frames = await session.AttachAsync(User, afterSeq: null);

        Seqs(frames).ShouldBe(Sequence(251, 450));
    }

    [Fact]
    public async Task Attach_WhenThereAreManyEvents_ShouldReplayThemAll()
    {
        var session = new ScriptedSession(seed: 1, events: 1_000);

        var frames = await session.AttachAsync(User, afterSeq: 0);

        Seqs(frames).ShouldBe(Sequence(1, 1_000));
    }

    [Fact]
    public async Task Attach_WhenTheSessionIsDeletedBeforeTheReplay_ShouldTellSo()
    {
        var session = new ScriptedSession(seed: 1, events: 3) { IsDeletedMeanwhile = true };

        var frames = await session.AttachAsync(User, afterSeq: 0);

        frames.ShouldHaveSingleItem().Type().ShouldBe("session_deleted");
    }

    [Fact]
    public async Task Feed_WhenAHoleIsOfASessionDeletedMeanwhile_ShouldTellSo()
    {
        var session = new ScriptedSession(seed: 1, events: 3);
        await session.AttachAsync(User, afterSeq: 3);

        session.AppendWithoutPublishing();
        session.AppendAndPublish();
        session.IsDeletedMeanwhile = true;

        (await session.RepairAsync(User)).ShouldHaveSingleItem().Type().ShouldBe("session_deleted");
    }

    [Fact]
    public async Task Feed_WhenAPublicationIsLost_ShouldFillTheHoleFromTheLog()
    {
        var session = new ScriptedSession(seed: 1, events: 3);
        await session.AttachAsync(User, afterSeq: 3);

        session.AppendWithoutPublishing();
        session.AppendAndPublish();
        var frames = await session.RepairAsync(User);

        Seqs(frames).ShouldBe([4, 5]);
    }

    [Fact]
    public async Task Feed_WhenAPublicationIsRepeated_ShouldNotRepeatIt()
    {
        var session = new ScriptedSession(seed: 1, events: 3);
        await session.AttachAsync(User, afterSeq: 3);

        session.AppendAndPublish();
        session.PublishAgain();
        session.AppendAndPublish();
        var frames = await session.RepairAsync(User);

        Seqs(frames).ShouldBe([4, 5]);
    }

    [Fact]
    public async Task Attach_WhenTheReplayIsLongerThanTheClientReads_ShouldWaitForIt()
    {
        var session = new ScriptedSession(seed: 1, events: 300, textLength: 20_000);

        var attaching = session.BeginAttachAsync(User, afterSeq: 0);
        attaching.IsCompleted.ShouldBeFalse();
        List<JsonElement> frames = [];
        while (!attaching.IsCompleted)
        {
            frames.AddRange(session.Drain());
            await Task.Yield();
        }

        await attaching;
        frames.AddRange(session.Drain());
        Seqs(frames).ShouldBe(Sequence(1, 300));
    }

    [Fact]
    public async Task Attach_WhenAttachingAnewIsRefused_ShouldKeepTheEarlierWatch()
    {
        var session = new ScriptedSession(seed: 1, events: 3);
        await session.AttachAsync(User, afterSeq: 3);
        session.Refuses = true;

        (await session.TryAttachAsync(User)).ShouldBeFalse();
        session.AppendAndPublish();

        Seqs(session.Drain()).ShouldBe([4]);
    }

    [Fact]
    public async Task Attach_WhenTheReplayFindsNoRoom_ShouldGiveTheConnectionUp()
    {
        var session = new ScriptedSession(seed: 1, events: 3);
        session.FillOutbound();

        await session.BeginAttachAsync(User, afterSeq: 0);

        session.WasTooSlow.ShouldBeTrue();
    }

    private static List<int> DeltasOf(string text, IEnumerable<JsonElement> frames) =>
        [.. frames.Where(f => f.Seq() is null && f.Text("message_id") == text).Select(f => f.Data().GetProperty("chunk_index").GetInt32())];

    // None of a text that the replay brings whole; else all from the one on that the answer told.
    private static IEnumerable<int> ExpectedDeltas(ScriptedSession session, string text)
    {
        var (chunks, completedAt) = session.Texts[text];
        var first = session.InFlight.FirstOrDefault(t => t.MessageId == text)?.NextChunkIndex ?? 0;
        return completedAt <= session.AttachedAt ? [] : Enumerable.Range(first, chunks - first);
    }

    private static List<long> Seqs(IEnumerable<JsonElement> frames) => [.. frames.Select(f => f.Seq()).OfType<long>()];

    private static IEnumerable<long> Sequence(long first, long last)
    {
        for (var seq = first; seq <= last; seq++)
        {
            yield return seq;
        }
    }
}
