using System.Net.WebSockets;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Users.Ports;
using Claudy.WebApi.Http;
using Claudy.WebApi.Protocol;

namespace Claudy.WebApi.WebSockets;

/// <summary>
/// One client: a loop that receives, a loop that sends, and lanes of work, so that a slow command holds up neither
/// a ping nor an interrupt, commands to a session stay in order, and what takes minutes holds up nothing.
/// </summary>
internal sealed partial class ClientConnection : IAttachmentOwner, IAsyncDisposable
{
    private const int MaxUnauthenticatedFrameBytes = 64 * 1024;
    private const int MaxAside = 8;
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    // The close frame of one that is too slow waits behind what the kernel holds for it.
    private static readonly TimeSpan SlowCloseTimeout = TimeSpan.FromSeconds(60);

    private readonly WebSocket _socket;
    private readonly FrameStream _stream;
    private readonly FrameDispatcher _dispatcher;
    private readonly ConnectionGuard _guard;
    private readonly HttpOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<ClientConnection> _logger;
    private readonly Action _abort;
    private readonly OutboundQueue _outbound;
    private readonly CancellationTokenSource _closing = new();
    private readonly WorkLane _ordered;
    private readonly WorkLane _urgent;
    private readonly RepairLane _repairs;
    private WorkLane? _aside;
    private readonly Lock _gate = new();
    private ITimer? _abortTimer;
    private Task _cancelling = Task.CompletedTask;
    private WebSocketCloseStatus? _closeStatus;
    private string _closeReason = "";

    public ClientConnection(
        WebSocket socket,
        FrameStream stream,
        FrameDispatcher dispatcher,
        SessionHub hub,
        ConnectionGuard guard,
        IConnectionLimiter limiter,
        ConnectionAudit audit,
        HttpOptions options,
        TimeProvider time,
        ILogger<ClientConnection> logger,
        Action abort)
    {
        _socket = socket;
        _stream = stream;
        _dispatcher = dispatcher;
        _guard = guard;
        _options = options;
        _time = time;
        _logger = logger;
        _abort = abort;
        _outbound = new OutboundQueue(options.MaxOutboundBytes);
        _ordered = new WorkLane(HandleAsync, _closing.Token);
        _urgent = new WorkLane(HandleAsync, _closing.Token);
        var closing = _closing.Token;
        _repairs = new RepairLane(attachment => UntilClosingAsync(() => _dispatcher.RepairAsync(this, attachment, closing)), closing);
        Authentication = new ConnectionAuthentication(this, guard, limiter, audit, options, time);
        Audit = audit;
        audit.Origin.Correlation = Id.ToString("D");
        Sessions = new ConnectionSessions(hub, _outbound, this, time);
    }

    /// <summary>Names the connection in logs and to its client.</summary>
    public Guid Id { get; } = Guid.NewGuid();

    /// <summary>Who is at the other end.</summary>
    public ConnectionAuthentication Authentication { get; }

    /// <summary>What is recorded of it.</summary>
    public ConnectionAudit Audit { get; }

    /// <summary>The sessions that it watches.</summary>
    public ConnectionSessions Sessions { get; }

    // A token fits; who has none yet gets no megabytes of the server's memory.
    private int MaxFrameBytes =>
        Authentication.IsAuthenticated ? _options.MaxFrameBytes : Math.Min(_options.MaxFrameBytes, MaxUnauthenticatedFrameBytes);

    private bool IsClosing => _closeStatus is not null;

    /// <summary>Serves the client until the connection has ended.</summary>
    public async Task RunAsync(Identity? identity)
    {
        var sending = SendAsync();
        try
        {
            await Authentication.BeginAsync(identity, _closing.Token);
            await ReceiveAsync();
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
        {
            // The client went away, or broke the WebSocket protocol: then the socket has closed itself with 1002 or 1007.
        }
        finally
        {
            Close(CloseCodes.Normal, "");
            await sending;
            await _ordered.CompleteAsync();
            await _urgent.CompleteAsync();
            await (_aside?.CompleteAsync() ?? Task.CompletedTask);
            await _repairs.CompleteAsync();
        }
    }

    /// <summary>Sends an answer; the client is given up when it asks and does not read.</summary>
    public void Send(Answer answer, string? replyTo)
    {
        if (!_outbound.TryEnqueueAnswer(FrameWriter.Frame(answer, replyTo, _time.GetUtcNow())))
        {
            GiveUp();
        }
    }

    /// <summary>Sends an answer once the client has read most of what it was sent before.</summary>
    public async Task SendWhenRoomAsync(Answer answer, string? replyTo, CancellationToken cancellationToken)
    {
        await _outbound.WaitForRoomAsync(cancellationToken);
        Send(answer, replyTo);
    }

    /// <summary>Sends what still waits, then closes; the first reason counts.</summary>
    public void Close(WebSocketCloseStatus status, string reason) => Close(status, reason, discard: false);

    void IAttachmentOwner.OnTooSlow(Attachment attachment) => GiveUp();

    void IAttachmentOwner.OnFault(Attachment attachment) => Close(CloseCodes.Fault, "fault", discard: true);

    // Not here: whoever publishes holds the session's channel, which leaving changes.
    void IAttachmentOwner.OnDeleted(Attachment attachment) =>
        ThreadPool.UnsafeQueueUserWorkItem(static left => left.Sessions.Leave(left.Session), (Sessions, attachment.Session), preferLocal: false);

    void IAttachmentOwner.OnHole(Attachment attachment) => _repairs.Add(attachment);

    public async ValueTask DisposeAsync()
    {
        Close(CloseCodes.Normal, "");
        if (_abortTimer is { } timer)
        {
            await timer.DisposeAsync();
        }

        await _cancelling;
        _closing.Dispose();
        Sessions.Dispose();
        await Authentication.DisposeAsync();
    }

    private void GiveUp()
    {
        LogTooSlow(Id);
        Close(CloseCodes.TooSlow, "too slow", discard: true);
    }

    private void Close(WebSocketCloseStatus status, string reason, bool discard)
    {
        lock (_gate)
        {
            if (IsClosing)
            {
                return;
            }

            _closeReason = reason;
            _closeStatus = status;
            var patience = status == CloseCodes.TooSlow ? SlowCloseTimeout : CloseTimeout;
            _abortTimer = _time.CreateTimer(static state => ((ClientConnection)state!).Abort(), this, patience, Timeout.InfiniteTimeSpan);
            _cancelling = _closing.CancelAsync();
        }

        _outbound.Complete(discard);
    }

    private void Abort()
    {
        _outbound.Complete(discard: true);
        _socket.Abort();
        _abort();
    }

    private async Task ReceiveAsync()
    {
        var receiver = new FrameReceiver(_socket);
        var gate = new FrameGate(_options, _time);
        while (true)
        {
            var received = await receiver.ReceiveAsync(() => MaxFrameBytes, CancellationToken.None);
            if (received.Kind == ReceivedKind.Closed)
            {
                return;
            }

            // After a close frame, what the client had sent before it knew is read and dropped.
            if (IsClosing || !await AdmitAsync(gate, received))
            {
                received.Dispose();
            }
        }
    }

    // Answers whether somebody else gives the buffer back.
    private async ValueTask<bool> AdmitAsync(FrameGate gate, ReceivedFrame received)
    {
        var admitted = gate.Admit(received, MaxFrameBytes, Authentication.IsAuthenticated, out var frame, out var definition);
        if (admitted is { } refusal)
        {
            Audit.Limited(Authentication.IsAuthenticated ? Authentication.UserId : null, refusal.Error);
            Send(Answer.Of(refusal.Error), frame.Id);
            if (refusal.Close is { } status)
            {
                Close(status, refusal.Error.Reason);
            }

            return false;
        }

        var lane = definition!.LaneOf(frame);
        if (lane != FrameLane.Immediate && await _guard.CountAsync(Authentication.UserId, _closing.Token) is { } tooMany)
        {
            Audit.Limited(Authentication.UserId, tooMany);
            Send(Answer.Of(tooMany), frame.Id);
            return false;
        }

        var item = new WorkItem(new FrameContext(this, frame, definition), received);
        switch (lane)
        {
            case FrameLane.Immediate:
                await HandleAsync(item);
                return true;
            case FrameLane.Urgent:
                return await _urgent.AddAsync(item);
            case FrameLane.Aside:
                // Few connections have any.
                _aside ??= new WorkLane(HandleAsync, _closing.Token, MaxAside);
                return await _aside.AddAsync(item);
            default:
                return await _ordered.AddAsync(item);
        }
    }

    private async Task HandleAsync(WorkItem item)
    {
        using var buffer = item.Buffer;
        await UntilClosingAsync(() => _dispatcher.DispatchAsync(item.Frame, _closing.Token));
    }

    private async Task UntilClosingAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // Nobody waits for the answer any more.
        }
    }

    private async Task SendAsync()
    {
        try
        {
            await new FrameSender(_outbound, _stream).RunAsync();
            if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await _socket.CloseOutputAsync(_closeStatus ?? CloseCodes.Normal, _closeReason, CancellationToken.None);
            }
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The connection is gone; the receiving loop learns of it too.
            Abort();
        }
    }

    [LoggerMessage(410, LogLevel.Information, "Connection {ConnectionId} reads too slowly and is closed")]
    private partial void LogTooSlow(Guid connectionId);
}
