using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Claudy.Benchmarks;

/// <summary>The least that a relay can do: every line of the process becomes a frame as it is, for one client or for all. No parsing, no session, no store.</summary>
internal static class BareRelay
{
    // More than a burst.
    private const int QueueLength = 1 << 17;

    private static readonly ConcurrentDictionary<Channel<ReadOnlyMemory<byte>>, bool> Watchers = new();
    private static readonly Lazy<Process> Shared = new(() =>
    {
        var process = StartFake();
        _ = ReadLinesAsync(process.StandardOutput.BaseStream, line =>
        {
            ReadOnlyMemory<byte> copy = line.ToArray();
            foreach (var watcher in Watchers.Keys)
            {
                watcher.Writer.TryWrite(copy);
            }

            return ValueTask.CompletedTask;
        });
        return process;
    });

    public static async Task<int> RunAsync(string address)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address);
        await using var app = builder.Build();
        app.UseWebSockets();
        app.Map("/ws", RelayAsync);
        app.Map("/fanout", FanOutAsync);
        app.Map("/memory", SendFromMemoryAsync);
        await app.StartAsync();
        Console.WriteLine("ready");
        await Console.In.ReadLineAsync();
        await app.StopAsync();
        return 0;
    }

    private static async Task RelayAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        using var process = StartFake();
        var relaying = ReadLinesAsync(process.StandardOutput.BaseStream, async line =>
        {
            if (socket.State == WebSocketState.Open)
            {
                await socket.SendAsync(line.IsSingleSegment ? line.First : line.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            }
        });
        await FramesToLinesAsync(socket, process);
        process.StandardInput.Close();
        await relaying;
        await process.WaitForExitAsync(CancellationToken.None);
    }

    private static Process StartFake() => Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["exec", typeof(BareRelay).Assembly.Location, "fake-claude"])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        UseShellExecute = false,
    })!;

    private static async Task FramesToLinesAsync(WebSocket socket, Process process)
    {
        var buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None) is { MessageType: WebSocketMessageType.Text } received)
        {
            await process.StandardInput.WriteLineAsync(Encoding.UTF8.GetString(buffer, 0, received.Count));
            await process.StandardInput.FlushAsync();
        }
    }

    // One process for all sockets, and a queue for each, so that they are written to side by side.
    private static async Task FanOutAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var lines = Channel.CreateBounded<ReadOnlyMemory<byte>>(new BoundedChannelOptions(QueueLength) { SingleReader = true });
        Watchers[lines] = true;
        var sending = Task.Run(async () =>
        {
            await foreach (var line in lines.Reader.ReadAllAsync(CancellationToken.None))
            {
                await socket.SendAsync(line, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            }
        }, CancellationToken.None);
        await FramesToLinesAsync(socket, Shared.Value);
        Watchers.TryRemove(lines, out _);
        lines.Writer.Complete();
        await sending;
    }

    private static async Task SendFromMemoryAsync(HttpContext context)
    {
        var frames = int.Parse(context.Request.Query["frames"].ToString());
        var frame = new byte[int.Parse(context.Request.Query["bytes"].ToString())];
        frame.AsSpan().Fill((byte)'x');
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        await socket.ReceiveAsync(new byte[16].AsMemory(), CancellationToken.None);
        for (var i = 0; i < frames; i++)
        {
            await socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }

        await socket.ReceiveAsync(new byte[16].AsMemory(), CancellationToken.None);
    }

    private static async Task ReadLinesAsync(Stream output, Func<ReadOnlySequence<byte>, ValueTask> onLine)
    {
        var reader = PipeReader.Create(output, new StreamPipeReaderOptions(bufferSize: 65536));
        while (true)
        {
            var result = await reader.ReadAsync();
            var buffer = result.Buffer;
            while (buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = buffer.Slice(0, end);
                buffer = buffer.Slice(buffer.GetPosition(1, end));
                await onLine(line);
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }
}
