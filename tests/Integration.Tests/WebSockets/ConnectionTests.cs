using System.Net.WebSockets;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Integration.Tests.Support;
using Claudy.WebApi.WebSockets;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.WebSockets;

public sealed class ConnectionTests
{
    [Fact]
    public async Task Upgrade_WhenTheHeaderHasAToken_ShouldBeSignedInAtOnce()
    {
        await using var server = await ClaudyServer.StartAsync();
        var token = await server.TokenAsync();

        await using var client = await TestClient.ConnectAsync(server.WebSocket, options =>
        {
            options.SetRequestHeader("Authorization", $"Bearer {token}");
            options.AddSubProtocol("claudy.v1");
        });

        var success = await client.ReceiveAsync("auth_success");
        client.Socket.SubProtocol.ShouldBe("claudy.v1");
        success.Text("username").ShouldBe("local");
        success.Text("protocol").ShouldBe("claudy.v1");
        success.Data().GetProperty("limits").GetProperty("max_frame_bytes").GetInt32().ShouldBe(16 * 1024 * 1024);
    }

    [Fact]
    public async Task Connection_WhenItDoesNotAuthenticateInTime_ShouldCloseWith4401()
    {
        await using var server = await ClaudyServer.StartAsync(new() { ["Claudy:Http:AuthenticationTimeout"] = "00:00:00.2" });
        await using var client = await TestClient.ConnectAsync(server.WebSocket);

        (await client.ReceiveCloseAsync()).ShouldBe(4401);
    }

    [Theory]
    [InlineData("http://evil.example", 4403)]
    [InlineData("null", 4403)]
    [InlineData("http://127.0.0.1:1", 4403)]
    [InlineData("https://friend.example", null)]
    [InlineData("own", null)]
    public async Task Upgrade_WhenTheOriginIsForeign_ShouldCloseWith4403(string origin, int? closed)
    {
        await using var server = await ClaudyServer.StartAsync(new() { ["Claudy:Http:AllowedOrigins:0"] = "https://friend.example" });
        await using var client = await TestClient.ConnectAsync(
            server.WebSocket, options => options.SetRequestHeader("Origin", origin == "own" ? server.Address.ToString().TrimEnd('/') : origin));

        if (closed is null)
        {
            (await client.AskAsync("ping")).Type().ShouldBe("pong");
        }
        else
        {
            (await client.ReceiveCloseAsync()).ShouldBe(closed);
        }
    }

    [Fact]
    public async Task Upgrade_WhenTheHostIsForeign_ShouldCloseWith4403()
    {
        await using var server = await ClaudyServer.StartAsync();
        await using var client = await TestClient.ConnectAsync(server.WebSocket, options => options.SetRequestHeader("Host", "rebound.example"));

        (await client.ReceiveCloseAsync()).ShouldBe(4403);
    }

    [Fact]
    public async Task Connection_WhenTheUserHasTooMany_ShouldCloseWith4429()
    {
        await using var server = await ClaudyServer.StartAsync(new() { ["Claudy:Http:MaxConnectionsPerUser"] = "1" });
        var first = await server.ConnectAsync();
        await using var second = await TestClient.ConnectAsync(server.WebSocket);

        (await second.AskAsync("auth", content: await server.TokenAsync())).Code().ShouldBe("RATE_002");
        (await second.ReceiveCloseAsync()).ShouldBe(4429);

        await using var other = await server.ConnectAsync("somebody-else");
        await first.Socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        await using var third = await server.ConnectAsync();
    }

    [Fact]
    public async Task Connection_WhenFramesComeTooFast_ShouldRefuseThemAndThenClose()
    {
        await using var server = await ClaudyServer.StartAsync(new() { ["Claudy:Http:FramesPerSecond"] = "0.1", ["Claudy:Http:FrameBurst"] = "3" });
        await using var client = await server.ConnectAsync();
        for (var i = 0; i < 10; i++)
        {
            await client.SendAsync(new { type = "ping", id = $"{i}" });
        }

        (await client.ReceiveCloseAsync()).ShouldBe(4429);
        client.Received.Count(f => f.Type() == "pong").ShouldBe(2);
        client.Received.First(f => f.Type() == "error").Code().ShouldBe("RATE_001");
        client.Received.First(f => f.Type() == "error").ReplyTo().ShouldBe("2");
        client.Received.First(f => f.Type() == "error").Data().GetProperty("details").GetProperty("retry_after").GetInt32().ShouldBe(10);
    }

    [Fact]
    public async Task Auth_WhenAnotherUserSignsIn_ShouldKeepTheFirst()
    {
        await using var server = await ClaudyServer.StartAsync();
        await using var client = await server.ConnectAsync("alice");

        var same = await client.AskAsync("auth", content: await server.TokenAsync("alice"));
        var other = await client.AskAsync("auth", content: await server.TokenAsync("bob"));

        same.Type().ShouldBe("auth_success");
        other.Code().ShouldBe("AUTH_005");
        (await client.AskAsync("list_sessions")).Type().ShouldBe("session_list");
    }

    [Fact]
    public async Task Token_WhenItRunsOut_ShouldBeToldAndCanBeRenewed()
    {
        await using var server = await ClaudyServer.StartAsync(
            new() { ["Claudy:Http:ReauthenticationTimeout"] = "00:00:01" }, change: services => services.AddSingleton<ITokenIssuer, ShortTokens>());
        await using var client = await TestClient.ConnectAsync(server.WebSocket);

        await client.AskAsync("auth", content: "0.2");
        await client.ReceiveAsync("auth_expired");
        (await client.AskAsync("auth", content: "0.2")).Type().ShouldBe("auth_success");
        await client.ReceiveAsync("auth_expired");

        (await client.ReceiveCloseAsync()).ShouldBe(4401);
    }

    [Fact]
    public async Task Key_WhenItIsAskedFor_ShouldSayWhatTheApiSays()
    {
        await using var server = await ClaudyServer.StartAsync(change: services => services.AddSingleton<IClaudeKeyCheck, PickyApi>());
        await using var client = await server.ConnectAsync();
        await client.CreateSessionAsync();

        var good = await client.AskAsync("validate_token", new { claude_token = "good" });
        var bad = await client.AskAsync("update_token", new { claude_token = "bad" });
        var none = await client.AskAsync("validate_token");
        var updated = await client.AskAsync("update_token", new { claude_token = "good" });

        good.Data().GetProperty("valid").GetBoolean().ShouldBeTrue();
        bad.Data().GetProperty("valid").GetBoolean().ShouldBeFalse();
        bad.Text("reason").ShouldBe("No.");
        none.Code().ShouldBe("WS_005");
        updated.Data().GetProperty("valid").GetBoolean().ShouldBeTrue();
        client.Received.ShouldAllBe(f => !f.GetRawText().Contains("\"good\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Client_WhenItReadsTooSlowly_ShouldCloseWith4490AndNotHoldUpOthers()
    {
        const int Rounds = 100;
        const int Deltas = 20;
        await using var server = await ClaudyServer.StartAsync(new() { ["Claudy:Http:MaxOutboundBytes"] = "1048576" });
        using var mayGoOn = new SemaphoreSlim(1);
        server.Agents.Script = async (agent, _) =>
        {
            var piece = new string('x', 20_000);
            for (var round = 0; round < Rounds; round++)
            {
                await mayGoOn.WaitAsync();
                for (var i = 0; i < Deltas; i++)
                {
                    await agent.DeltaAsync("a1", piece);
                }
            }

            await agent.SayAsync("a2", "done");
        };
        await using var slow = await server.ConnectAsync();
        var session = await slow.CreateSessionAsync();
        await using var quick = await server.ConnectAsync();
        await quick.AskAsync("attach_session", session: session);

        await quick.AskAsync("chat_message", session: session, content: "go");
        for (var received = 1; received <= Rounds * Deltas; received++)
        {
            var delta = await quick.ReceiveAsync("claude_response");
            delta.Data().GetProperty("chunk_index").GetInt32().ShouldBe(received - 1);
            if (received % Deltas == 0)
            {
                mayGoOn.Release();
            }
        }

        await quick.ReceiveAsync("turn_completed");
        (await slow.ReceiveCloseAsync()).ShouldBe(4490);
    }

    [Fact]
    public async Task History_WhenEventsAreLarge_ShouldStopAtAFewMegabytesAndKeepTheNewest()
    {
        await using var server = await ClaudyServer.StartAsync(new() { ["Claudy:Http:MaxOutboundBytes"] = "67108864" });
        server.Agents.Script = static async (agent, _) =>
        {
            for (var i = 0; i < 4; i++)
            {
                await agent.SayAsync($"a{i}", new string('x', 1_500_000));
            }
        };
        await using var client = await server.ConnectAsync();
        var session = await client.CreateSessionAsync();
        await client.AskAsync("chat_message", session: session, content: "go");
        for (var i = 0; i < 4; i++)
        {
            await client.ReceiveAsync(frame => frame.IsWholeText(), "a whole text");
        }

        var history = await client.AskAsync("session_history", new { limit = 1000 }, session);

        history.GetRawText().Length.ShouldBeInRange(2_900_000, 4_300_000);
        history.Data().GetProperty("has_more").GetBoolean().ShouldBeTrue();
        history.Data().GetProperty("events").EnumerateArray().Count(frame => frame.Type() == "claude_response" && frame.Text("message_id") == "a3").ShouldBe(1);
        history.Data().GetProperty("events").EnumerateArray().Count(frame => frame.Type() == "claude_response" && frame.Text("message_id") == "a0").ShouldBe(0);
    }

    [Fact]
    public async Task Connection_WhenThePeerIsDead_ShouldBeEnded()
    {
        await using var server = await ClaudyServer.StartAsync(new()
        {
            ["Claudy:Http:PingInterval"] = "00:00:01",
            ["Claudy:Http:PongTimeout"] = "00:00:01",
            ["Claudy:Http:AuthenticationTimeout"] = "00:10:00",
        });
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var peer = new System.Net.Sockets.TcpClient();
        await peer.ConnectAsync(server.Address.Host, server.Address.Port, deadline.Token);
        var stream = peer.GetStream();
        await stream.WriteAsync(
            System.Text.Encoding.ASCII.GetBytes($"GET /ws HTTP/1.1\r\nHost: {server.Address.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Convert.ToBase64String(new byte[16])}\r\n\r\n"),
            deadline.Token);

        // It reads and never answers: nothing but the heartbeat can tell that nobody is there.
        using var received = new MemoryStream();
        try
        {
            await stream.CopyToAsync(received, deadline.Token);
        }
        catch (IOException)
        {
            // A reset ends it as well.
        }

        deadline.IsCancellationRequested.ShouldBeFalse();
        System.Text.Encoding.ASCII.GetString(received.ToArray()).ShouldContain("101 Switching Protocols");
        received.ToArray().ShouldContain((byte)0x89);
    }

    [Fact]
    public async Task Server_WhenItStops_ShouldCloseWith1001AfterTheSessionsSleep()
    {
        await using var server = await ClaudyServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.CreateSessionAsync();

        var stopping = server.StopAsync();

        (await client.ReceiveCloseAsync()).ShouldBe(1001);
        await client.Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        await stopping;
        var last = client.Received[^1];
        last.Type().ShouldBe("session_status");
        last.Text("status").ShouldBe("hibernated");
    }

    [Fact]
    public async Task Session_WhenTheServerIsStartedAgain_ShouldGoOnWithItsHistory()
    {
        var data = Directory.CreateTempSubdirectory("claudy-").FullName;
        string session;
        string token;
        long lastSeq;
        await using (var first = await ClaudyServer.StartAsync(dataPath: data))
        {
            token = await first.TokenAsync();
            await using var client = await first.ConnectAsync();
            session = await client.CreateSessionAsync();
            await client.AskAsync("chat_message", content: "hi");
            lastSeq = (await client.ReceiveAsync("turn_completed")).Seq()!.Value;
        }

        await using (var second = await ClaudyServer.StartAsync(dataPath: data))
        {
            await using var client = await TestClient.ConnectAsync(second.WebSocket);
            (await client.AskAsync("auth", content: token)).Type().ShouldBe("auth_success");
            var attached = await client.AskAsync("attach_session", new { after_seq = lastSeq }, session);
            await client.AskAsync("chat_message", content: "again");
            await client.ReceiveAsync("turn_completed");

            attached.Data().GetProperty("replay_from").GetInt64().ShouldBe(lastSeq + 1);
            client.Received.Select(f => f.Seq()).OfType<long>().First().ShouldBe(lastSeq + 1);
        }

        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task Attach_WhenItGoesAway_ShouldLeaveNoSubscription()
    {
        await using var server = await ClaudyServer.StartAsync();
        var hub = server.Services.GetRequiredService<SessionHub>();
        await using var client = await server.ConnectAsync();
        var session = await client.CreateSessionAsync();
        hub.Count.ShouldBe(1);

        await client.AskAsync("detach_session", session: session);

        hub.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Attach_WhenAfterSeqIsAhead_ShouldSaySo()
    {
        await using var server = await ClaudyServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var session = await client.CreateSessionAsync();

        var answer = await client.AskAsync("attach_session", new { after_seq = 1_000 }, session);

        answer.Code().ShouldBe("SESSION_005");
    }

    [Fact]
    public async Task Attach_InTheMiddleOfAnAnswer_ShouldGiveAllOfIt()
    {
        await using var server = await ClaudyServer.StartAsync();
        server.Agents.Script = static (agent, _) => agent.DeltaAsync("a1", "Once ").AsTask();
        await using var client = await server.ConnectAsync();
        var session = await client.CreateSessionAsync();
        await client.AskAsync("chat_message", content: "go");
        await client.ReceiveAsync("claude_response");

        await using var late = await server.ConnectAsync();
        var attached = await late.AskAsync("attach_session", new { after_seq = 0 }, session);
        await server.Agents.Latest.SayAsync("a1", "upon");
        var delta = await late.ReceiveAsync(f => f.Type() == "claude_response" && f.Seq() is null, "a delta");

        var inFlight = attached.Data().GetProperty("in_flight")[0];
        inFlight.GetProperty("content").GetString().ShouldBe("Once ");
        inFlight.GetProperty("next_chunk_index").GetInt32().ShouldBe(1);
        delta.Content().ShouldBe("upon");
        delta.Data().GetProperty("chunk_index").GetInt32().ShouldBe(1);
        late.Received.Select(f => f.Seq()).OfType<long>().First().ShouldBe(1);
    }

    [Fact]
    public void Catalogue_ShouldHandleEveryFrameOfTheProtocol()
    {
        var documented = typeof(WebApi.Protocol.FrameTypes.Client).GetFields().Select(f => (string)f.GetRawConstantValue()!);

        FrameCatalogue.All.Select(d => d.Type).ShouldBe(documented, ignoreOrder: true);
    }

    /// <summary>Takes a token that is the number of seconds for which it holds.</summary>
    private sealed class ShortTokens : ITokenIssuer
    {
        private readonly UserId _user = UserId.New(DateTimeOffset.UnixEpoch);

        public AccessToken Issue(User user, SignInId signIn) => throw new NotSupportedException();

        public Task<Result<Identity>> ValidateAsync(string token) => Task.FromResult<Result<Identity>>(
            new Identity(_user, "local", TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(double.Parse(token)), new Grant.SignIn(new SignInId(Guid.Empty))));
    }

    private sealed class PickyApi : IClaudeKeyCheck
    {
        public Task<Result> CheckAsync(ClaudeCredential credential, CancellationToken cancellationToken) => Task.FromResult(
            credential.Value.Reveal() == "good" ? Result.Success() : new Error(ResultStatus.Unauthorized, "CLAUDE_001", "credential_refused", "No."));
    }
}
