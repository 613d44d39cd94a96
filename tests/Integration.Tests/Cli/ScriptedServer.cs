using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;

namespace Claudy.Integration.Tests.Cli;

/// <summary>A server that says what a test wrote down for it: the first connection gets the first script, and so on.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly WebApplication _app;
    private readonly Channel<Func<Peer, Task>> _scripts = Channel.CreateBounded<Func<Peer, Task>>(16);
    private readonly TaskCompletionSource<Exception> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ScriptedServer(WebApplication app) => _app = app;

    public Uri Url { get; private set; } = null!;

    /// <summary>Starts with a script for each connection to come; a further connection is refused.</summary>
    public static async Task<ScriptedServer> StartAsync(params Func<Peer, Task>[] scripts)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new ScriptedServer(builder.Build());
        foreach (var script in scripts)
        {
            server._scripts.Writer.TryWrite(script).ShouldBeTrue();
        }

        server._app.UseWebSockets();
        server._app.Run(async context =>
        {
            if (!server._scripts.Reader.TryRead(out var script))
            {
                context.Response.StatusCode = 503;
                return;
            }

            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            try
            {
                await script(new Peer(socket));
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !context.RequestAborted.IsCancellationRequested)
            {
                server._failed.TrySetResult(failure);
                socket.Abort();
            }
        });
        await server._app.StartAsync();
        var address = server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        server.Url = new Uri(address.Replace("http", "ws", StringComparison.Ordinal) + "/ws");
        return server;
    }

    /// <summary>Waits for what a test expects of the client; a script that failed fails the test.</summary>
    public async Task<T> Until<T>(Task<T> expected)
    {
        var first = await Task.WhenAny(expected, _failed.Task).WaitAsync(Deadline);
        if (first == _failed.Task)
        {
            throw new InvalidOperationException("The script failed: " + (await _failed.Task).Message, await _failed.Task);
        }

        return await expected;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    /// <summary>The server's end of a connection.</summary>
    internal sealed class Peer(WebSocket socket)
    {
        private readonly ArrayBufferWriter<byte> _received = new();

        /// <summary>The next frame, which must be of this type.</summary>
        public async Task<JsonElement> ExpectAsync(string type)
        {
            using var deadline = new CancellationTokenSource(Deadline);
            _received.ResetWrittenCount();
            ValueWebSocketReceiveResult part;
            do
            {
                part = await socket.ReceiveAsync(_received.GetMemory(4096), deadline.Token);
                part.MessageType.ShouldBe(WebSocketMessageType.Text, $"waiting for {type}");
                _received.Advance(part.Count);
            }
            while (!part.EndOfMessage);

            var frame = JsonElement.Parse(_received.WrittenSpan);
            frame.GetProperty("type").GetString().ShouldBe(type);
            return frame;
        }

        public Task SendAsync(string json) =>
            socket.SendAsync(Encoding.UTF8.GetBytes(json), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

        public async Task<JsonElement> SignInAsync(string expiresAt = "2099-01-01T00:00:00Z")
        {
            var auth = await ExpectAsync("auth");
            await ReplyAsync(auth, "auth_success", $$"""{"expires_at":"{{expiresAt}}"}""");
            return auth;
        }

        /// <summary>Signs the client in and gives it the session s1.</summary>
        public async Task OpenAsync()
        {
            await SignInAsync();
            await ReplyAsync(await ExpectAsync("create_session"), "session_created", """{"session_id":"s1","status":"starting"}""");
        }

        public Task ReplyAsync(JsonElement to, string type, string data = "{}") =>
            SendAsync($$"""{"type":"{{type}}","session_id":"s1","reply_to":"{{to.GetProperty("id").GetString()}}","data":{{data}}}""");

        public Task EventAsync(long seq, string type, string data, string content = "") =>
            SendAsync($$"""{"type":"{{type}}","session_id":"s1","seq":{{seq}},"content":{{JsonSerializer.Serialize(content)}},"data":{{data}}}""");

        public Task DeltaAsync(string messageId, int chunk, string text) =>
            SendAsync($$$"""{"type":"claude_response","session_id":"s1","content":{{{JsonSerializer.Serialize(text)}}},"data":{"message_id":"{{{messageId}}}","chunk_index":{{{chunk}}},"is_complete":false}}""");

        public Task CloseAsync(int code, string why) => socket.CloseOutputAsync((WebSocketCloseStatus)code, why, CancellationToken.None);

        /// <summary>Breaks the connection without a word.</summary>
        public void Abort() => socket.Abort();

        /// <summary>Stays until the client leaves.</summary>
        public async Task StayAsync()
        {
            var buffer = new byte[4096];
            while (socket.State == WebSocketState.Open)
            {
                try
                {
                    await socket.ReceiveAsync(buffer, CancellationToken.None);
                }
                catch (WebSocketException)
                {
                    return;
                }
            }
        }
    }
}
