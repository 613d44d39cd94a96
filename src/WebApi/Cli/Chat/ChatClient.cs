using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;

namespace Claudy.WebApi.Cli.Chat;

/// <summary>
/// A session over a connection that may break: signs in, opens the session, and after a break comes back with the last
/// event it saw and sends again what had no answer yet.
/// </summary>
internal sealed class ChatClient(Uri url, IAccessTokens tokens, TimeProvider time) : IAsyncDisposable
{
    private readonly Channel<ChatEvent> _events = Channel.CreateBounded<ChatEvent>(1024);
    private readonly List<ClientFrame> _unanswered = [];
    private readonly HashSet<string> _sent = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TokenRenewal _renewal = new(tokens, time);
    private ChatConnection? _connection;
    private Task _pump = Task.CompletedTask;
    private long _lastSeq;

    /// <summary>For how long a lost connection is tried again before the client gives up.</summary>
    public TimeSpan ReconnectFor { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest pause between two tries.</summary>
    public TimeSpan MaxReconnectDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often the server is asked whether it is there, and how long it may take to say so.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>What happens; must be read all the time. Ends with a <see cref="ChatException"/> when the connection cannot be had back.</summary>
    public ChannelReader<ChatEvent> Events => _events.Reader;

    /// <summary>The session, once it is open.</summary>
    public string? SessionId { get; private set; }

    /// <summary>Connects, signs in and opens a session: a new one, or the one named.</summary>
    /// <returns>The <c>session_created</c> or <c>session_attached</c> frame.</returns>
    /// <exception cref="ChatException">It did not work; says why.</exception>
    public async Task<ServerFrame> OpenAsync(string? sessionId, CancellationToken cancellationToken)
    {
        var connection = await ConnectAsync(cancellationToken);
        var open = sessionId is null ? ClientFrame.CreateSession() : ClientFrame.AttachSession(sessionId, afterSeq: null);
        var opened = await AskAsync(connection, open, cancellationToken);
        if (opened.Type == "error")
        {
            throw new ChatException(ExitCode.Failed, opened.Content);
        }

        SessionId = opened.SessionId ?? opened.Text("session_id") ?? sessionId;

        // An attached session's history is not shown again: what the server replays of it is skipped.
        _lastSeq = opened.Number("last_seq") ?? opened.Seq ?? 0;
        _pump = PumpAsync(connection, _stopping.Token);
        return opened;
    }

    /// <summary>Sends a frame about the session. It is sent again after a break until it has an answer.</summary>
    /// <returns>The frame's id, which its answer carries.</returns>
    public async Task<string> SendAsync(ClientFrame frame, CancellationToken cancellationToken)
    {
        frame = frame with { SessionId = SessionId };
        ChatConnection? connection;
        lock (_lock)
        {
            _unanswered.Add(frame);
            _sent.Add(frame.Id);
            connection = _connection;
        }

        if (connection is not null)
        {
            await connection.TrySendAsync(frame, cancellationToken);
        }

        return frame.Id;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _pump;
        _renewal.Dispose();
        if (_connection is { } connection)
        {
            await connection.DisposeAsync();
        }

        _stopping.Dispose();
    }

    private async Task PumpAsync(ChatConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var why = await ReceiveUntilClosedAsync(connection, cancellationToken);
                await LeaveAsync(connection);
                await _events.Writer.WriteAsync(new ChatEvent.Disconnected(why), cancellationToken);
                connection = await ReconnectAsync(why, cancellationToken);
                await _events.Writer.WriteAsync(new ChatEvent.Reconnected(), cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _events.Writer.Complete();
        }
        catch (Exception end) when (_events.Writer.TryComplete(end))
        {
            // Whoever reads the events gets it: a fault too, for without an end they would wait for ever.
        }
    }

    private async Task<string> ReceiveUntilClosedAsync(ChatConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            while (await connection.ReceiveAsync(cancellationToken) is { } frame)
            {
                if (!await TakeAsync(connection, frame, cancellationToken))
                {
                    return "the server left an event out";
                }
            }
        }
        catch (WebSocketException broken)
        {
            return broken.Message;
        }
        catch (JsonException broken)
        {
            throw new ChatException(ExitCode.NoConnection, $"This is not a Claudy server of protocol 1: {broken.Message}", broken);
        }

        return ClosePolicy.Judge(connection.CloseCode, connection.CloseReason, tokens.CanRenew);
    }

    /// <returns>False when an event is missing before this one.</returns>
    private async Task<bool> TakeAsync(ChatConnection connection, ServerFrame frame, CancellationToken cancellationToken)
    {
        if (frame.Seq is { } seq)
        {
            if (seq <= _lastSeq)
            {
                return true;
            }

            if (_lastSeq > 0 && seq != _lastSeq + 1)
            {
                return false;
            }

            _lastSeq = seq;
        }

        if (frame.ReplyTo is { } answered)
        {
            Forget(answered);
        }

        switch (frame.Type)
        {
            case "auth_success":
                _renewal.Plan(connection, frame);
                return true;
            case "auth_expired" when tokens.CanRenew:
                await _renewal.RenewAsync(connection, cancellationToken);
                return true;
            default:
                await _events.Writer.WriteAsync(new ChatEvent.Received(frame, IsOwn(frame)), cancellationToken);
                return true;
        }
    }

    private bool IsOwn(ServerFrame frame)
    {
        lock (_lock)
        {
            return frame.Text("client_id") is { } id && _sent.Contains(id);
        }
    }

    private async Task<ChatConnection> ReconnectAsync(string why, CancellationToken cancellationToken)
    {
        var giveUpAt = time.GetUtcNow() + ReconnectFor;
        var delay = TimeSpan.FromMilliseconds(200);
        while (true)
        {
            await Task.Delay(Min(delay, MaxReconnectDelay), time, cancellationToken);
            delay *= 2;
            try
            {
                return await ResumeAsync(cancellationToken);
            }
            catch (ServerAwayException away) when (time.GetUtcNow() >= giveUpAt)
            {
                throw new ChatException(ExitCode.NoConnection, $"The connection was lost ({why}) and could not be made again: {away.Message}", away);
            }
            catch (ServerAwayException)
            {
                // Not yet.
            }
        }
    }

    private async Task<ChatConnection> ResumeAsync(CancellationToken cancellationToken)
    {
        var connection = await ConnectAsync(cancellationToken);
        try
        {
            var attached = await AskAsync(connection, ClientFrame.AttachSession(SessionId!, _lastSeq), cancellationToken);
            if (attached.Type == "error")
            {
                throw attached.Flag("retryable")
                    ? new ServerAwayException(attached.Content)
                    : new ChatException(ExitCode.Failed, attached.Content);
            }

            await _events.Writer.WriteAsync(new ChatEvent.Received(attached), cancellationToken);
            foreach (var frame in Unanswered())
            {
                await connection.TrySendAsync(frame, cancellationToken);
            }

            return connection;
        }
        catch
        {
            await LeaveAsync(connection);
            throw;
        }
    }

    /// <exception cref="ServerAwayException">Nobody answers: worth another try.</exception>
    /// <exception cref="ChatException">The server does not let us in.</exception>
    private async Task<ChatConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        ChatConnection connection;
        try
        {
            connection = await ChatConnection.OpenAsync(url, KeepAlive, cancellationToken);
        }
        catch (WebSocketException unreachable)
        {
            throw new ServerAwayException($"No Claudy server answers at {url} ({unreachable.Message}). Is it running? Start it with ./claudy, or name another with --url.", unreachable);
        }

        try
        {
            var signedIn = await AskAsync(connection, ClientFrame.Auth(await tokens.GetAsync(cancellationToken)), cancellationToken);
            if (signedIn.Type != "auth_success")
            {
                throw signedIn.Flag("retryable")
                    ? new ServerAwayException(signedIn.Content)
                    : new ChatException(ExitCode.NoConnection, $"The server did not let you in: {signedIn.Content} {tokens.WhenRefused}");
            }

            _renewal.Plan(connection, signedIn);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        lock (_lock)
        {
            _connection = connection;
        }

        return connection;
    }

    /// <summary>Sends a frame and waits for its answer, before the pump has begun.</summary>
    private async Task<ServerFrame> AskAsync(ChatConnection connection, ClientFrame frame, CancellationToken cancellationToken)
    {
        try
        {
            await connection.SendAsync(frame, cancellationToken);
            while (await connection.ReceiveAsync(cancellationToken) is { } answer)
            {
                if (answer.ReplyTo == frame.Id || (answer.Type == "error" && answer.ReplyTo is null))
                {
                    return answer;
                }
            }
        }
        catch (WebSocketException broken)
        {
            throw new ServerAwayException(broken.Message, broken);
        }
        catch (JsonException broken)
        {
            throw new ChatException(ExitCode.NoConnection, $"{url} is not a Claudy server of protocol 1: {broken.Message}", broken);
        }

        throw new ServerAwayException(ClosePolicy.Judge(connection.CloseCode, connection.CloseReason, tokens.CanRenew));
    }

    private async Task LeaveAsync(ChatConnection connection)
    {
        lock (_lock)
        {
            _connection = null;
        }

        await connection.DisposeAsync();
    }

    private void Forget(string id)
    {
        lock (_lock)
        {
            _unanswered.RemoveAll(frame => frame.Id == id);
        }
    }

    private ClientFrame[] Unanswered()
    {
        lock (_lock)
        {
            return [.. _unanswered];
        }
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
