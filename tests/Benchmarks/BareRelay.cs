using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Claudy.Benchmarks;

/// <summary>The least that a relay can do: every line of the process becomes a frame as it is. No parsing, no session, no store.</summary>
internal static class BareRelay
{
    public static async Task<int> RunAsync(string address)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address);
        await using var app = builder.Build();
        app.UseWebSockets();
        app.Map("/ws", RelayAsync);
        await app.StartAsync();
        Console.WriteLine("ready");
        await Console.In.ReadLineAsync();
        await app.StopAsync();
        return 0;
    }

    private static async Task RelayAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["exec", typeof(BareRelay).Assembly.Location, "fake-claude"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var relaying = LinesToFramesAsync(process.StandardOutput.BaseStream, socket);
        var buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None) is { MessageType: WebSocketMessageType.Text } received)
        {
            await process.StandardInput.WriteLineAsync(Encoding.UTF8.GetString(buffer, 0, received.Count).AsMemory(), context.RequestAborted);
            await process.StandardInput.FlushAsync(context.RequestAborted);
        }

        process.StandardInput.Close();
        await relaying;
        await process.WaitForExitAsync(CancellationToken.None);
    }

    private static async Task LinesToFramesAsync(Stream output, WebSocket socket)
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
                if (socket.State == WebSocketState.Open)
                {
                    await socket.SendAsync(line.IsSingleSegment ? line.First : line.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
                }
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }
}
