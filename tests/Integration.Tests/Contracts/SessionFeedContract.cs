using System.Threading.Channels;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Contracts;

/// <summary>What every session feed must do.</summary>
public abstract class SessionFeedContract
{
    private const int Capacity = 10_000;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly SessionId _session = TestSessions.NewId();

    protected abstract ISessionFeed Feed { get; }

    [Fact]
    public async Task Publish_WhenSeveralWatch_ShouldGiveEachEverythingInOrder()
    {
        var first = new Watcher(Feed, _session);
        var second = new Watcher(Feed, _session);

        for (var i = 0; i < 1000; i += 2)
        {
            Feed.Publish(_session, [Delta(i), Delta(i + 1)]);
        }

        (await first.Indexes(1000)).ShouldBe(Enumerable.Range(0, 1000));
        (await second.Indexes(1000)).ShouldBe(Enumerable.Range(0, 1000));
    }

    [Fact]
    public async Task Publish_WhenWatchersComeAndGo_ShouldLoseNothingForOneThatStays()
    {
        var stays = new Watcher(Feed, _session);
        using var done = new CancellationTokenSource();
        var churn = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                new Watcher(Feed, _session).Dispose();
            }
        });

        for (var i = 0; i < 5000; i++)
        {
            Feed.Publish(_session, [Delta(i)]);
        }

        await done.CancelAsync();
        await churn;
        (await stays.Indexes(5000)).ShouldBe(Enumerable.Range(0, 5000));
    }

    [Fact]
    public async Task Publish_WhenItemIsDurable_ShouldGiveItAsItIs()
    {
        var watcher = new Watcher(Feed, _session);
        var item = new FeedItem.Durable(TestSessions.Event(1, "hello"));

        Feed.Publish(_session, [item]);

        (await watcher.Next()).ShouldBe(item);
    }

    [Fact]
    public async Task Publish_WhenAWatcherIsDisposed_ShouldGoToTheOthersOnly()
    {
        var left = new Watcher(Feed, _session);
        var stays = new Watcher(Feed, _session);
        left.Dispose();

        Feed.Publish(_session, [Delta(0)]);

        (await stays.Indexes(1)).ShouldBe([0]);
        left.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task Publish_WhenAnotherSessionIsWatched_ShouldNotGoThere()
    {
        var other = new Watcher(Feed, TestSessions.NewId());
        var own = new Watcher(Feed, _session);

        Feed.Publish(_session, [Delta(0)]);

        (await own.Indexes(1)).ShouldBe([0]);
        other.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task Dispose_WhenCalledTwice_ShouldLeaveOthersAlone()
    {
        var left = new Watcher(Feed, _session);
        var stays = new Watcher(Feed, _session);

        left.Dispose();
        left.Dispose();

        Feed.Publish(_session, [Delta(0)]);
        (await stays.Indexes(1)).ShouldBe([0]);
    }

    [Fact]
    public void Publish_WhenNobodyWatches_ShouldDoNothing() =>
        Should.NotThrow(() => Feed.Publish(_session, [Delta(0)]));

    private static FeedItem.Delta Delta(int index) => new("m1", index, "x"u8.ToArray(), IsThinking: false);

    private sealed class Watcher : IDisposable
    {
        private readonly Channel<FeedItem> _seen = Channel.CreateBounded<FeedItem>(Capacity);
        private readonly IDisposable _subscription;

        public Watcher(ISessionFeed feed, SessionId session) => _subscription = feed.Subscribe(session, items =>
        {
            foreach (var item in items)
            {
                _seen.Writer.TryWrite(item);
            }
        });

        public bool IsEmpty => !_seen.Reader.TryPeek(out _);

        public Task<FeedItem> Next() => _seen.Reader.ReadAsync().AsTask().WaitAsync(Deadline);

        public async Task<IReadOnlyList<int>> Indexes(int count)
        {
            var indexes = new List<int>();
            while (indexes.Count < count)
            {
                indexes.Add((await Next()).ShouldBeOfType<FeedItem.Delta>().ChunkIndex);
            }

            return indexes;
        }

        public void Dispose() => _subscription.Dispose();
    }
}
