using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Infrastructure.InProcess;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Delivery;

/// <summary>A hole in a feed is filled from the log, however busy the connection is.</summary>
public sealed class RepairTests
{
    // More than a lane of the connection takes.
    private const int Interrupts = 100;

    [Fact]
    public async Task Feed_WhenItLosesSomethingWhileUrgentFramesWait_ShouldBeRepairedAllTheSame()
    {
        var feed = new LossyFeed();
        var inbox = new StuckInbox();
        await using var server = await ClaudyServer.StartAsync(change: services =>
        {
            services.Replace(ServiceDescriptor.Singleton<ISessionFeed>(feed));
            services.Replace(ServiceDescriptor.Singleton<ISessionInbox>(inbox));
        });
        await using var busy = await server.ConnectAsync();
        var session = await busy.CreateSessionAsync();
        await busy.ReceiveAsync(frame => frame.Type() == "session_status" && frame.Text("status") == "idle", "idle");
        for (var i = 0; i < Interrupts; i++)
        {
            await busy.SendAsync(new { type = "session_control", session_id = session, data = new { action = "interrupt" } });
        }

        await Eventually.IsTrueAsync(() => inbox.IsStuck, "an interrupt holds up those behind it");
        await using var other = await server.ConnectAsync();
        feed.LosesNext = true;
        await other.AskAsync("session_control", new { action = "rename", name = "lost" }, session: session);
        await other.AskAsync("session_control", new { action = "rename", name = "told" }, session: session);
        await busy.ReceiveAsync(frame => frame.Type() == "session_settings" && frame.Text("name") == "told", "what came after the hole");

        inbox.Free();
        busy.Received.ShouldContain(frame => frame.Type() == "session_settings" && frame.Text("name") == "lost");
        busy.Received.Seqs().ShouldBe(Enumerable.Range(1, busy.Received.Seqs().Count).Select(seq => (long)seq));
    }

    /// <summary>Loses a publication, as a feed between nodes can.</summary>
    private sealed class LossyFeed : ISessionFeed
    {
        private readonly InProcessSessionFeed _inner = new();

        public bool LosesNext { get; set; }

        public void Publish(SessionId session, ReadOnlySpan<FeedItem> items)
        {
            if (LosesNext)
            {
                LosesNext = false;
                return;
            }

            _inner.Publish(session, items);
        }

        public IDisposable Subscribe(SessionId session, SessionFeedSink sink) => _inner.Subscribe(session, sink);
    }

    /// <summary>Does not get on with an interrupt until it is freed.</summary>
    private sealed class StuckInbox : ISessionInbox
    {
        private readonly InProcessSessionInbox _inner = new();
        private readonly TaskCompletionSource _freed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsStuck { get; private set; }

        public void Free() => _freed.TrySetResult();

        public async Task<Result<SessionReply>> SendAsync(SessionId session, SessionCommand command, CancellationToken cancellationToken)
        {
            if (command is SessionCommand.Interrupt)
            {
                IsStuck = true;
                await _freed.Task.WaitAsync(cancellationToken);
            }

            return await _inner.SendAsync(session, command, cancellationToken);
        }

        public void Listen(SessionCommandHandler handler) => _inner.Listen(handler);
    }
}
