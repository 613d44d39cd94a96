using Claudy.WebApi.WebSockets;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.WebSockets;

public sealed class OutboundQueueTests
{
    private readonly byte[] _scratch = new byte[OutboundQueue.WriteSize];

    [Fact]
    public void Take_WhenFramesAreSmall_ShouldPutThemTogetherInOrder()
    {
        var queue = new OutboundQueue(1_000_000);
        queue.TryEnqueueLive([Frame(1, 3)]);
        queue.TryEnqueueAnswer(Frame(2, 2));
        queue.TryEnqueueLive([Frame(3, 1), Frame(4, 1)]);

        var taken = queue.Take(_scratch);

        taken.ToArray().ShouldBe([1, 1, 1, 2, 2, 3, 4]);
        queue.Take(_scratch).Length.ShouldBe(0);
    }

    [Fact]
    public void Take_WhenFramesLieSideBySide_ShouldGiveThemWithoutACopy()
    {
        var queue = new OutboundQueue(1_000_000);
        var chunk = new byte[40_000];
        queue.TryEnqueueLive([new ArraySegment<byte>(chunk, 0, 20_000)]);
        queue.TryEnqueueLive([new ArraySegment<byte>(chunk, 20_000, 20_000)]);

        var taken = queue.Take(_scratch);

        taken.Length.ShouldBe(40_000);
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(taken, out var array).ShouldBeTrue();
        array.Array.ShouldBeSameAs(chunk);
    }

    [Fact]
    public void TryEnqueueLive_WhenTheClientIsBehind_ShouldRefuse()
    {
        var queue = new OutboundQueue(100);
        queue.TryEnqueueLive([Frame(1, 60)]).ShouldBeTrue();

        queue.TryEnqueueLive([Frame(2, 60)]).ShouldBeFalse();

        queue.Take(_scratch);
        queue.TryEnqueueLive([Frame(3, 60)]).ShouldBeTrue();
    }

    [Fact]
    public void TryEnqueueLive_WhenOneFrameIsLargerThanTheLimit_ShouldTakeItAlone() =>
        new OutboundQueue(100).TryEnqueueLive([Frame(1, 500)]).ShouldBeTrue();

    [Fact]
    public void TryEnqueueLive_WhenALargeAnswerWaits_ShouldNotCountIt()
    {
        var queue = new OutboundQueue(100);
        queue.TryEnqueueAnswer(Frame(1, 10_000)).ShouldBeTrue();

        queue.TryEnqueueLive([Frame(2, 60)]).ShouldBeTrue();
    }

    [Fact]
    public async Task WaitForRoomAsync_WhenAnswersWait_ShouldWaitUntilTheyAreTaken()
    {
        var queue = new OutboundQueue(8_000_000);
        queue.TryEnqueueAnswer(Frame(1, 2_000_000));

        var room = queue.WaitForRoomAsync(CancellationToken.None);

        room.IsCompleted.ShouldBeFalse();
        queue.Take(_scratch);
        await room.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task WaitAsync_WhenAFrameComes_ShouldWake()
    {
        var queue = new OutboundQueue(1_000);
        var waiting = queue.WaitAsync();

        waiting.IsCompleted.ShouldBeFalse();
        queue.TryEnqueueLive([Frame(1, 1)]);

        (await waiting).ShouldBeTrue();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Complete_ShouldEndTheReaderOnceAllIsTaken(bool discard)
    {
        var queue = new OutboundQueue(1_000);
        queue.TryEnqueueLive([Frame(1, 5)]);

        queue.Complete(discard);
        queue.TryEnqueueLive([Frame(2, 5)]);

        queue.Take(_scratch).Length.ShouldBe(discard ? 0 : 5);
        (await queue.WaitAsync()).ShouldBeFalse();
    }

    [Fact]
    public async Task Queue_WhenManyWriteAndOneReads_ShouldLoseNothing()
    {
        var queue = new OutboundQueue(1_000_000_000);
        var writers = Enumerable.Range(0, 4).Select(async writer =>
        {
            await Task.Yield();
            for (var i = 0; i < 20_000; i++)
            {
                while (!queue.TryEnqueueLive([Frame((byte)writer, 4)]))
                {
                    await Task.Yield();
                }
            }
        });
        var done = Task.WhenAll(writers).ContinueWith(_ => queue.Complete(discard: false), TaskScheduler.Default);
        var counts = new int[4];

        while (await queue.WaitAsync())
        {
            while (queue.Take(_scratch) is { Length: > 0 } taken)
            {
                foreach (var value in taken.Span)
                {
                    counts[value]++;
                }
            }
        }

        await done;
        counts.ShouldAllBe(count => count == 80_000);
    }

    private static ArraySegment<byte> Frame(byte value, int length)
    {
        var frame = new byte[length];
        frame.AsSpan().Fill(value);
        return frame;
    }
}
