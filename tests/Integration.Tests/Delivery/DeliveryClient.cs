using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Claudy.Integration.Tests.Support;

namespace Claudy.Integration.Tests.Delivery;

/// <summary>
/// A client as docs/protocol.md tells to write one: it comes back with the last seq that it handled and sends again what
/// was not answered. What it was shown is kept by its <see cref="ClientView"/>, whatever happens to its connections.
/// </summary>
internal sealed class DeliveryClient(string name) : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    // Little waits in the kernel, so that reading slowly shows early.
    private const int ReceiveBuffer = 8 * 1024;

    private readonly Dictionary<string, string> _unanswered = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private ClientWebSocket? _socket;
    private Task _reading = Task.CompletedTask;
    private TaskCompletionSource? _pause;
    private TaskCompletionSource<string>? _attaching;
    private int _messages;

    /// <summary>What it was shown.</summary>
    public ClientView View { get; } = new(name);

    /// <summary>Every message that it sent, by its own id; null until the server accepted it, then the server's id.</summary>
    public Dictionary<string, string?> Sent { get; } = new(StringComparer.Ordinal);

    /// <summary>With which codes its connections were closed.</summary>
    public List<int> Closed { get; } = [];

    public bool IsConnected => _socket is { State: WebSocketState.Open };

    public bool IsAttached => IsConnected && View.IsAttached;

    /// <summary>Whether all that it sent was accepted.</summary>
    public bool IsAnswered
    {
        get
        {
            lock (_gate)
            {
                return _unanswered.Count == 0;
            }
        }
    }

    public async Task ConnectAsync(Uri address, string token)
    {
        await DropAsync();
        _socket = new ClientWebSocket();
        _socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        using var deadline = new CancellationTokenSource(Deadline);
        using var small = new HttpMessageInvoker(new SocketsHttpHandler { ConnectCallback = ConnectAsync });
        await _socket.ConnectAsync(address, small, deadline.Token);
        _reading = ReadAsync(_socket);
    }

    /// <summary>Attaches with the last seq that it handled.</summary>
    /// <returns>Whether the server said yes; else the connection is gone, or the server told why it cannot just now.</returns>
    public async Task<bool> AttachAsync(string session)
    {
        _attaching = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        View.Attaching();
        await SendAsync(new { type = "attach_session", id = "attach", session_id = session, data = new { after_seq = View.LastSeq } });
        return await _attaching.Task.WaitAsync(Deadline) == "session_attached";
    }

    public Task DetachAsync(string session) => SendAsync(new { type = "detach_session", id = "detach", session_id = session });

    /// <summary>Sends a message for the first time.</summary>
    public async Task SayAsync(string session, string text)
    {
        var id = $"{name}-{++_messages}";
        lock (_gate)
        {
            Sent.Add(id, null);
            _unanswered.Add(id, text);
        }

        await SayAsync(session, id, text);
    }

    /// <summary>Sends again what was not accepted yet.</summary>
    public async Task SayAgainAsync(string session)
    {
        KeyValuePair<string, string>[] waiting;
        lock (_gate)
        {
            waiting = [.. _unanswered];
        }

        foreach (var (id, text) in waiting)
        {
            await SayAsync(session, id, text);
        }
    }

    /// <summary>Takes back a message that waits, if it knows of one.</summary>
    public Task CancelAsync(string session) => View.AnyQueued is { } messageId
        ? SendAsync(new { type = "cancel_message", id = "cancel", session_id = session, data = new { message_id = messageId } })
        : Task.CompletedTask;

    /// <summary>Allows what Claude asks for, if it knows of something.</summary>
    public Task AllowAsync(string session) => View.AnyPermission is { } requestId
        ? SendAsync(new { type = "permission_response", id = "allow", session_id = session, data = new { request_id = requestId, decision = "allow" } })
        : Task.CompletedTask;

    public void Pause() => _pause ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Resume()
    {
        _pause?.TrySetResult();
        _pause = null;
    }

    /// <summary>Is gone without a word.</summary>
    public async Task DropAsync()
    {
        Resume();
        _socket?.Abort();
        await _reading;
        _socket?.Dispose();
        _socket = null;
    }

    public async ValueTask DisposeAsync() => await DropAsync();

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = ReceiveBuffer };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private Task SayAsync(string session, string id, string text) =>
        SendAsync(new { type = "chat_message", id, session_id = session, content = text });

    private async Task SendAsync(object frame)
    {
        try
        {
            var socket = _socket ?? throw new InvalidOperationException("It has not connected.");
            using var deadline = new CancellationTokenSource(Deadline);
            await socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(frame), WebSocketMessageType.Text, endOfMessage: true, deadline.Token);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException)
        {
            // It was closed meanwhile; whatever had no answer is sent again.
            _attaching?.TrySetResult("closed");
        }
    }

    private async Task ReadAsync(ClientWebSocket socket)
    {
        var buffer = new byte[64 * 1024];
        using var message = new MemoryStream();
        try
        {
            while (true)
            {
                await (_pause?.Task ?? Task.CompletedTask);
                var received = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    Closed.Add((int)socket.CloseStatus!);
                    return;
                }

                message.Write(buffer, 0, received.Count);
                if (received.EndOfMessage)
                {
                    Handle(Encoding.UTF8.GetString(message.GetBuffer(), 0, (int)message.Length));
                    message.SetLength(0);
                }
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException)
        {
            // Dropped, by either end.
        }
        finally
        {
            View.Disconnected();
            socket.Abort();
            _attaching?.TrySetResult("closed");
        }
    }

    private void Handle(string text)
    {
        using var document = JsonDocument.Parse(text);
        var frame = document.RootElement;
        View.Apply(frame, text);
        switch (frame.ReplyTo())
        {
            case null:
                break;
            case "attach":
                View.AttachAnswered(frame);
                _attaching?.TrySetResult(frame.Type());
                break;
            case { } id when frame.Type() == "chat_accepted":
                Accepted(id, frame.Text("message_id")!);
                break;
        }
    }

    private void Accepted(string id, string messageId)
    {
        lock (_gate)
        {
            _unanswered.Remove(id);
            if (Sent[id] is { } earlier && earlier != messageId)
            {
                View.Fail($"message {id} was accepted as {earlier} and again as {messageId}");
            }

            Sent[id] = messageId;
        }
    }
}
