using System.Net.Sockets;
using System.Text.Json;
using Claudy.WebApi.Cli;
using Claudy.WebApi.Cli.Chat;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Cli;

public sealed class ChatClientTests
{
    [Fact]
    public async Task OpenAsync_WhenServerLetsIn_ShouldSendTheTokenFirstAndTellTheSession()
    {
        var token = new TaskCompletionSource<string?>();
        await using var server = await ScriptedServer.StartAsync(async peer =>
        {
            token.SetResult((await peer.SignInAsync()).GetProperty("content").GetString());
            await peer.ReplyAsync(await peer.ExpectAsync("create_session"), "session_created", """{"session_id":"s1"}""");
            await peer.StayAsync();
        });
        await using var client = Client(server);

        await server.Until(client.OpenAsync(null, CancellationToken.None));

        (await token.Task).ShouldBe("t");
        client.SessionId.ShouldBe("s1");
    }

    [Fact]
    public async Task OpenAsync_WhenTokenIsRefused_ShouldFailAsNotConnected()
    {
        await using var server = await ScriptedServer.StartAsync(async peer =>
        {
            await peer.ReplyAsync(await peer.ExpectAsync("auth"), "error", """{"code":"AUTH_003","retryable":false}""");
            await peer.StayAsync();
        });
        await using var client = Client(server);

        var failure = await Should.ThrowAsync<ChatException>(client.OpenAsync(null, CancellationToken.None));

        failure.ExitCode.ShouldBe(ExitCode.NoConnection);
    }

    [Fact]
    public async Task OpenAsync_WhenNobodyAnswers_ShouldFailAsNotConnectedAndSayHowToStart()
    {
        await using var client = new ChatClient(new Uri($"ws://127.0.0.1:{FreePort()}/ws"), new GivenToken("t"), TimeProvider.System);

        var failure = await Should.ThrowAsync<ChatException>(client.OpenAsync(null, CancellationToken.None));

        failure.ExitCode.ShouldBe(ExitCode.NoConnection);
        failure.Message.ShouldContain("./claudy");
    }

    [Fact]
    public async Task Events_WhenConnectionBreaks_ShouldGoOnAfterTheLastSeqWithoutRepeats()
    {
        await using var server = await ScriptedServer.StartAsync(
            async peer =>
            {
                await peer.OpenAsync();
                await peer.EventAsync(1, "session_status", "{}");
                await peer.EventAsync(2, "turn_started", "{}");
                await peer.ExpectAsync("chat_message");
                peer.Abort();
            },
            async peer =>
            {
                await peer.SignInAsync();
                var attach = await peer.ExpectAsync("attach_session");
                attach.GetProperty("data").GetProperty("after_seq").GetInt64().ShouldBe(2);
                await peer.ReplyAsync(attach, "session_attached", """{"last_seq":3}""");
                await peer.EventAsync(2, "turn_started", "{}");
                await peer.EventAsync(3, "turn_completed", "{}");
                await peer.StayAsync();
            });
        await using var client = Client(server);
        await client.OpenAsync(null, CancellationToken.None);
        await server.Until(ReadUntilAsync(client, "turn_started"));
        await client.SendAsync(ClientFrame.ChatMessage("hi"), CancellationToken.None);

        var seen = await server.Until(ReadUntilAsync(client, "turn_completed"));

        seen.OfType<ChatEvent.Received>().Select(e => e.Frame.Seq).OfType<long>().ShouldBe([3]);
        seen.ShouldContain(e => e is ChatEvent.Disconnected);
        seen.ShouldContain(e => e is ChatEvent.Reconnected);
    }

    [Fact]
    public async Task Events_WhenTheServerFallsSilent_ShouldConnectAgain()
    {
        var isOver = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await ScriptedServer.StartAsync(
            async peer =>
            {
                await peer.OpenAsync();

                // Who does not read answers no ping either.
                await isOver.Task;
            },
            async peer =>
            {
                await peer.SignInAsync();
                await peer.ReplyAsync(await peer.ExpectAsync("attach_session"), "session_attached");
                await peer.StayAsync();
            });
        await using var client = new ChatClient(server.Url, new GivenToken("t"), TimeProvider.System)
        {
            KeepAlive = TimeSpan.FromMilliseconds(200),
            MaxReconnectDelay = TimeSpan.FromMilliseconds(20),
        };
        await client.OpenAsync(null, CancellationToken.None);

        var seen = await server.Until(ReadUntilAsync(client, "session_attached"));

        isOver.SetResult();
        seen.ShouldContain(e => e is ChatEvent.Disconnected);
    }

    [Fact]
    public async Task OpenAsync_WhenTheServerFallsSilent_ShouldFailAsNotConnected()
    {
        var isOver = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await ScriptedServer.StartAsync(_ => isOver.Task);
        await using var client = new ChatClient(server.Url, new GivenToken("t"), TimeProvider.System) { KeepAlive = TimeSpan.FromMilliseconds(50) };

        var failure = await Should.ThrowAsync<ChatException>(server.Until(client.OpenAsync(null, CancellationToken.None)));

        isOver.SetResult();
        failure.ExitCode.ShouldBe(ExitCode.NoConnection);
    }

    [Fact]
    public async Task SendAsync_WhenConnectionBreaksBeforeTheAnswer_ShouldSendTheSameIdAgain()
    {
        string? firstId = null;
        await using var server = await ScriptedServer.StartAsync(
            async peer =>
            {
                await peer.OpenAsync();
                firstId = (await peer.ExpectAsync("chat_message")).GetProperty("id").GetString();
                peer.Abort();
            },
            async peer =>
            {
                await peer.SignInAsync();
                await peer.ReplyAsync(await peer.ExpectAsync("attach_session"), "session_attached");
                await peer.ReplyAsync(await peer.ExpectAsync("chat_message"), "chat_accepted");
                await peer.StayAsync();
            });
        await using var client = Client(server);
        await client.OpenAsync(null, CancellationToken.None);

        var sentId = await client.SendAsync(ClientFrame.ChatMessage("hi"), CancellationToken.None);

        var seen = await server.Until(ReadUntilAsync(client, "chat_accepted"));
        ((ChatEvent.Received)seen[^1]).Frame.ReplyTo.ShouldBe(sentId);
        firstId.ShouldBe(sentId);
    }

    [Fact]
    public async Task Events_WhenTheServerLeavesAnEventOut_ShouldAttachAgainForIt()
    {
        await using var server = await ScriptedServer.StartAsync(
            async peer =>
            {
                await peer.OpenAsync();
                await peer.EventAsync(1, "session_status", "{}");
                await peer.EventAsync(3, "turn_completed", "{}");
                await peer.StayAsync();
            },
            async peer =>
            {
                await peer.SignInAsync();
                await peer.ReplyAsync(await peer.ExpectAsync("attach_session"), "session_attached");
                await peer.EventAsync(2, "turn_started", "{}");
                await peer.EventAsync(3, "turn_completed", "{}");
                await peer.StayAsync();
            });
        await using var client = Client(server);
        await client.OpenAsync(null, CancellationToken.None);

        var seen = await server.Until(ReadUntilAsync(client, "turn_completed"));

        seen.OfType<ChatEvent.Received>().Select(e => e.Frame.Seq).OfType<long>().ShouldBe([1, 2, 3]);
    }

    [Theory]
    [InlineData(4401, ExitCode.NoConnection)]
    [InlineData(4403, ExitCode.NoConnection)]
    [InlineData(1009, ExitCode.Failed)]
    public async Task Events_WhenClosedForGood_ShouldEndWithTheReason(int closeCode, int exitCode)
    {
        await using var server = await ScriptedServer.StartAsync(async peer =>
        {
            await peer.OpenAsync();
            await peer.CloseAsync(closeCode, "no");
            await peer.StayAsync();
        });
        await using var client = Client(server);
        await client.OpenAsync(null, CancellationToken.None);

        var failure = await Should.ThrowAsync<ChatException>(server.Until(ReadUntilAsync(client, "never")));

        failure.ExitCode.ShouldBe(exitCode);
    }

    [Fact]
    public async Task Events_WhenTheServerStaysAway_ShouldGiveUpAfterTheTimeGiven()
    {
        await using var server = await ScriptedServer.StartAsync(async peer =>
        {
            await peer.OpenAsync();
            await peer.ExpectAsync("chat_message");
            peer.Abort();
        });
        await using var client = new ChatClient(server.Url, new GivenToken("t"), TimeProvider.System)
        {
            ReconnectFor = TimeSpan.FromMilliseconds(100),
            MaxReconnectDelay = TimeSpan.FromMilliseconds(20),
        };
        await client.OpenAsync(null, CancellationToken.None);
        await client.SendAsync(ClientFrame.ChatMessage("hi"), CancellationToken.None);

        var failure = await Should.ThrowAsync<ChatException>(server.Until(ReadUntilAsync(client, "never")));

        failure.ExitCode.ShouldBe(ExitCode.NoConnection);
    }

    [Fact]
    public async Task Auth_WhenTheTokenIsAboutToRunOut_ShouldBeSentAgainWithANewOne()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
        var second = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await ScriptedServer.StartAsync(async peer =>
        {
            await peer.SignInAsync(expiresAt: "2026-01-01T12:15:00Z");
            await peer.ReplyAsync(await peer.ExpectAsync("create_session"), "session_created", """{"session_id":"s1"}""");
            second.SetResult((await peer.ExpectAsync("auth")).GetProperty("content").GetString());
            await peer.StayAsync();
        });
        await using var client = new ChatClient(server.Url, new NumberedTokens(), time);
        await client.OpenAsync(null, CancellationToken.None);

        time.Advance(TimeSpan.FromMinutes(13));

        (await server.Until(second.Task)).ShouldBe("token 2");
    }

    private static ChatClient Client(ScriptedServer server) =>
        new(server.Url, new GivenToken("t"), TimeProvider.System) { MaxReconnectDelay = TimeSpan.FromMilliseconds(20) };

    private static async Task<List<ChatEvent>> ReadUntilAsync(ChatClient client, string type)
    {
        var seen = new List<ChatEvent>();
        await foreach (var chatEvent in client.Events.ReadAllAsync())
        {
            seen.Add(chatEvent);
            if (chatEvent is ChatEvent.Received { Frame: var frame } && frame.Type == type)
            {
                return seen;
            }
        }

        throw new InvalidOperationException($"The events ended before {type}: {JsonSerializer.Serialize(seen.Count)} seen.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed class NumberedTokens : IAccessTokens
    {
        private int _count;

        public string WhenRefused => "";

        public bool CanRenew => true;

        public Task<string> GetAsync(CancellationToken cancellationToken) => Task.FromResult($"token {Interlocked.Increment(ref _count)}");
    }
}
