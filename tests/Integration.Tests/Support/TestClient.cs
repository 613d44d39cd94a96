using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Shouldly;

namespace Claudy.Integration.Tests.Support;

/// <summary>A WebSocket client that knows nothing of the server's code.</summary>
internal sealed class TestClient : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly ClientWebSocket _socket;
    private readonly byte[] _buffer = new byte[64 * 1024];

    private readonly List<JsonElement> _unread = [];

    private TestClient(ClientWebSocket socket) => _socket = socket;

    public ClientWebSocket Socket => _socket;

    /// <summary>Every frame that was received, in order.</summary>
    public List<JsonElement> Received { get; } = [];

    public static async Task<TestClient> ConnectAsync(Uri address, Action<ClientWebSocketOptions>? options = null)
    {
        var socket = new ClientWebSocket();
        options?.Invoke(socket.Options);
        using var deadline = new CancellationTokenSource(Deadline);
        await socket.ConnectAsync(address, deadline.Token);
        return new TestClient(socket);
    }

    public Task SendAsync(object frame) => SendTextAsync(JsonSerializer.Serialize(frame));

    public Task SendTextAsync(string text) => SendBytesAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    public async Task SendBytesAsync(byte[] bytes, WebSocketMessageType type)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        await _socket.SendAsync(bytes, type, endOfMessage: true, deadline.Token);
    }

    /// <summary>The next frame from the socket; null when the server closed.</summary>
    private async Task<JsonElement?> NextAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var message = new MemoryStream();
        while (true)
        {
            var result = await _socket.ReceiveAsync(_buffer.AsMemory(), deadline.Token);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            message.Write(_buffer, 0, result.Count);
            if (result.EndOfMessage)
            {
                var frame = JsonDocument.Parse(message.ToArray()).RootElement;
                Received.Add(frame);
                return frame;
            }
        }
    }

    /// <summary>Takes the first frame of a type, reading on for it; the others stay to be taken.</summary>
    public Task<JsonElement> ReceiveAsync(string type, string? replyTo = null) =>
        ReceiveAsync(frame => frame.Type() == type && (replyTo is null || frame.ReplyTo() == replyTo), replyTo is null ? type : $"{type} for {replyTo}");

    /// <summary>Takes the first frame that fits, reading on for it; the others stay to be taken.</summary>
    public async Task<JsonElement> ReceiveAsync(Func<JsonElement, bool> fits, string what)
    {
        if (_unread.FindIndex(frame => fits(frame)) is >= 0 and var index)
        {
            var taken = _unread[index];
            _unread.RemoveAt(index);
            return taken;
        }

        try
        {
            while (await NextAsync() is { } frame)
            {
                if (fits(frame))
                {
                    return frame;
                }

                _unread.Add(frame);
            }
        }
        catch (OperationCanceledException exception)
        {
            throw new ShouldAssertException($"No {what} came, but:{Environment.NewLine}{string.Join(Environment.NewLine, Received)}", exception);
        }

        throw new ShouldAssertException($"The server closed with {(int?)_socket.CloseStatus} {_socket.CloseStatusDescription} before {what} came, but:{Environment.NewLine}{string.Join(Environment.NewLine, Received)}");
    }

    /// <summary>Reads on to the end.</summary>
    /// <returns>The close code.</returns>
    public async Task<int?> ReceiveCloseAsync()
    {
        while (await NextAsync() is not null)
        {
            // Only the end counts.
        }

        return (int?)_socket.CloseStatus;
    }

    /// <summary>Sends a frame that asks, and takes its answer.</summary>
    public async Task<JsonElement> AskAsync(string type, object? data = null, string? session = null, string? content = null)
    {
        var id = Guid.NewGuid().ToString("N");
        await SendAsync(new { type, id, session_id = session, content, data });
        return await ReceiveAsync(frame => frame.ReplyTo() == id, $"answer to {type}");
    }

    /// <summary>Makes a session and is attached to it.</summary>
    public async Task<string> CreateSessionAsync(string name = "Test")
    {
        var created = await AskAsync("create_session", new { name });
        created.Type().ShouldBe("session_created", created.ToString());
        return created.Data().GetProperty("session_id").GetString()!;
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>The fields of frames.</summary>
internal static class FrameFields
{
    public static string Type(this JsonElement frame) => frame.GetProperty("type").GetString()!;

    public static string? ReplyTo(this JsonElement frame) => frame.TryGetProperty("reply_to", out var id) ? id.GetString() : null;

    public static long? Seq(this JsonElement frame) => frame.TryGetProperty("seq", out var seq) ? seq.GetInt64() : null;

    public static string? Session(this JsonElement frame) => frame.TryGetProperty("session_id", out var session) ? session.GetString() : null;

    public static string? Content(this JsonElement frame) => frame.TryGetProperty("content", out var content) ? content.GetString() : null;

    public static JsonElement Data(this JsonElement frame) => frame.GetProperty("data");

    public static string? Text(this JsonElement frame, string field) => frame.Data().TryGetProperty(field, out var value) ? value.GetString() : null;

    /// <summary>Whether it is a piece of an answer.</summary>
    public static bool IsDelta(this JsonElement frame) => frame.Type() == "claude_response" && !frame.Data().GetProperty("is_complete").GetBoolean();

    /// <summary>Whether it is a whole text of an answer.</summary>
    public static bool IsWholeText(this JsonElement frame) => frame.Type() == "claude_response" && frame.Data().GetProperty("is_complete").GetBoolean();

    /// <summary>The seqs of the durable ones among frames.</summary>
    public static IReadOnlyList<long> Seqs(this IEnumerable<JsonElement> frames) => [.. frames.Select(Seq).OfType<long>()];

    public static string Code(this JsonElement frame) => frame.Text("code")!;
}
