using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary>A client written from the protocol's page alone: sends JSON, remembers every frame.</summary>
internal sealed class TestClient : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly ClientWebSocket _socket = new();
    private int _nextId;

    /// <summary>All frames so far, in order.</summary>
    public List<JsonElement> Frames { get; } = [];

    /// <summary>The seqs of the durable frames so far.</summary>
    public IEnumerable<long> Seqs => Frames.Where(f => f.TryGetProperty("seq", out _)).Select(f => f.GetProperty("seq").GetInt64());

    public WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

    public static async Task<TestClient> ConnectAsync(Uri address, string accessToken)
    {
        var client = new TestClient();
        await client._socket.ConnectAsync(address, CancellationToken.None).WaitAsync(Deadline);
        await client.AskAsync("auth", content: accessToken);
        return client;
    }

    /// <summary>Sends a frame and gives its answer.</summary>
    /// <exception cref="InvalidOperationException">The answer is an error.</exception>
    public async Task<JsonElement> AskAsync(string type, object? data = null, string? content = null, string? session = null)
    {
        var answer = await TryAskAsync(type, data, content, session);
        return answer.GetProperty("type").GetString() == "error" ? throw new InvalidOperationException(answer.ToString()) : answer;
    }

    /// <summary>Sends a frame and gives its answer, which may be an error.</summary>
    public async Task<JsonElement> TryAskAsync(string type, object? data = null, string? content = null, string? session = null)
    {
        var id = $"t-{++_nextId}-{Guid.NewGuid():N}";
        var frame = new JsonObject { ["type"] = type, ["id"] = id };
        if (data is not null)
        {
            frame["data"] = JsonSerializer.SerializeToNode(data);
        }

        if (content is not null)
        {
            frame["content"] = content;
        }

        if (session is not null)
        {
            frame["session_id"] = session;
        }

        await _socket.SendAsync(Encoding.UTF8.GetBytes(frame.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        return await NextAsync(f => f.TryGetProperty("reply_to", out var replyTo) && replyTo.GetString() == id);
    }

    public async Task<string> CreateSessionAsync(object? data = null) =>
        (await AskAsync("create_session", data ?? new { name = "test" })).GetProperty("session_id").GetString()!;

    /// <summary>The next frame of a type.</summary>
    public Task<JsonElement> NextAsync(string type) => NextAsync(f => f.GetProperty("type").GetString() == type);

    /// <summary>Receives until a frame fits; those on the way are remembered.</summary>
    public async Task<JsonElement> NextAsync(Func<JsonElement, bool> fits)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (true)
        {
            var frame = await ReceiveAsync(deadline.Token) ?? throw new InvalidOperationException($"Closed: {_socket.CloseStatus}");
            if (fits(frame))
            {
                return frame;
            }
        }
    }

    /// <summary>Receives until the server closes.</summary>
    public async Task<WebSocketCloseStatus> UntilClosedAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (await ReceiveAsync(deadline.Token) is not null)
        {
            // Remembered.
        }

        return _socket.CloseStatus!.Value;
    }

    /// <summary>Goes without a word, as a phone in a tunnel does.</summary>
    public void Drop() => _socket.Abort();

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<JsonElement?> ReceiveAsync(CancellationToken cancellationToken)
    {
        using var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var received = await _socket.ReceiveAsync(buffer, cancellationToken);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            message.Write(buffer, 0, received.Count);
            if (received.EndOfMessage)
            {
                var frame = JsonDocument.Parse(message.ToArray()).RootElement;
                Frames.Add(frame);
                return frame;
            }
        }
    }
}

internal static class FrameExtensions
{
    public static JsonElement Data(this JsonElement frame, string name) => frame.GetProperty("data").GetProperty(name);

    public static string Type(this JsonElement frame) => frame.GetProperty("type").GetString()!;

    public static bool IsDelta(this JsonElement frame) =>
        frame.Type() == "claude_response" && !frame.GetProperty("data").GetProperty("is_complete").GetBoolean();
}
