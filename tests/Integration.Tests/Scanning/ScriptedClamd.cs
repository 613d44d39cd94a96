using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Claudy.Integration.Tests.Scanning;

/// <summary>Speaks clamd's protocol and answers as it is told.</summary>
internal sealed class ScriptedClamd : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly Func<byte[], string?> _answer;
    private readonly int _maxStream;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;

    private ScriptedClamd(Socket listener, Func<byte[], string?> answer, int maxStream)
    {
        (_listener, _answer, _maxStream) = (listener, answer, maxStream);
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>What Claudy:ClamAv:Address is to be.</summary>
    public string Address => _listener.LocalEndPoint is IPEndPoint tcp ? $"127.0.0.1:{tcp.Port}" : _listener.LocalEndPoint!.ToString()!;

    /// <summary>The streams that were sent whole.</summary>
    public ConcurrentQueue<byte[]> Streams { get; } = new();

    /// <summary>The length of each chunk.</summary>
    public ConcurrentQueue<int> Chunks { get; } = new();

    /// <param name="answer">Answers a stream; null to hang up, and nothing at all for an empty one.</param>
    /// <param name="unixPath">Where its socket is; null for a port of loopback.</param>
    /// <param name="maxStream">Its StreamMaxLength.</param>
    public static ScriptedClamd Start(Func<byte[], string?> answer, string? unixPath = null, int maxStream = int.MaxValue)
    {
        var listener = unixPath is null
            ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(unixPath is null ? new IPEndPoint(IPAddress.Loopback, 0) : new UnixDomainSocketEndPoint(unixPath));
        return new ScriptedClamd(listener, answer, maxStream);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> served = [];
        try
        {
            while (true)
            {
                served.Add(ServeAsync(await _listener.AcceptAsync(_stopping.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(served);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        await Task.Yield();
        using var socket = client;
        await using var stream = new NetworkStream(socket);
        try
        {
            var command = await ReadCommandAsync(stream);
            var answer = command == "zVERSION" ? "ClamAV 1.0.0/scripted" : await AnswerStreamAsync(stream);
            if (answer is { Length: > 0 })
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(answer + "\0"), _stopping.Token);
            }
            else if (answer is { Length: 0 })
            {
                await Task.Delay(Timeout.Infinite, _stopping.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client, or the test, has gone.
        }
    }

    private async Task<string?> AnswerStreamAsync(NetworkStream stream) =>
        await ReadStreamAsync(stream) is { } content ? _answer(content) : "INSTREAM size limit exceeded. ERROR";

    private async Task<string> ReadCommandAsync(NetworkStream stream)
    {
        List<byte> command = [];
        var one = new byte[1];
        while (await stream.ReadAsync(one, _stopping.Token) == 1 && one[0] != 0)
        {
            command.Add(one[0]);
        }

        return Encoding.ASCII.GetString([.. command]);
    }

    private async Task<byte[]?> ReadStreamAsync(NetworkStream stream)
    {
        using var content = new MemoryStream();
        var length = new byte[4];
        while (true)
        {
            await stream.ReadExactlyAsync(length, _stopping.Token);
            var chunk = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            if (chunk.Length == 0)
            {
                Streams.Enqueue(content.ToArray());
                return content.ToArray();
            }

            // As the real one: it says so and hangs up, with the rest unread.
            if (content.Length + chunk.Length > _maxStream)
            {
                return null;
            }

            Chunks.Enqueue(chunk.Length);
            await stream.ReadExactlyAsync(chunk, _stopping.Token);
            content.Write(chunk);
        }
    }
}
