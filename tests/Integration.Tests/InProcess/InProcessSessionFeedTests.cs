using Claudy.Application.Sessions.Ports;
using Claudy.Infrastructure.InProcess;
using Claudy.Integration.Tests.Contracts;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.InProcess;

public sealed class InProcessSessionFeedTests : SessionFeedContract
{
    private readonly InProcessSessionFeed _feed = new();

    protected override ISessionFeed Feed => _feed;

    [Fact]
    public void Dispose_WhenTheLastWatcherLeaves_ShouldForgetTheSession()
    {
        var session = TestSessions.NewId();
        var first = _feed.Subscribe(session, _ => { });
        var second = _feed.Subscribe(session, _ => { });
        _feed.WatchedSessions.ShouldBe(1);

        first.Dispose();
        second.Dispose();

        _feed.WatchedSessions.ShouldBe(0);
    }

    [Fact]
    public void Publish_WhenWatched_ShouldAllocateNothing()
    {
        var session = TestSessions.NewId();
        var count = 0;
        using var subscription = _feed.Subscribe(session, items => count += items.Length);
        FeedItem[] items = [new FeedItem.Notice("test", "a notice")];
        _feed.Publish(session, items);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            _feed.Publish(session, items);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        count.ShouldBe(1001);
    }
}
