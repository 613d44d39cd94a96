using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.WebSockets;

/// <summary>Whatever a client sends, it gets the documented answer and the server lives.</summary>
public sealed class BadInputTests : IAsyncLifetime
{
    private ClaudyServer _server = null!;

    public async Task InitializeAsync() => _server = await ClaudyServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("{", "WS_002")]
    [InlineData("[]", "WS_002")]
    [InlineData("""{"id":"1"}""", "WS_002")]
    [InlineData("""{"type":"make_coffee"}""", "WS_003")]
    [InlineData("""{"type":"attach_session","data":{"after_seq":"x"}}""", "WS_005")]
    [InlineData("""{"type":"attach_session","session_id":"nonsense"}""", "WS_005")]
    [InlineData("""{"type":"attach_session","session_id":"00000000-0000-0000-0000-000000000001"}""", "SESSION_002")]
    [InlineData("""{"type":"chat_message","content":"hi"}""", "SESSION_010")]
    [InlineData("""{"type":"create_session","data":{"permission_mode":"yolo"}}""", "WS_005")]
    [InlineData("""{"type":"create_session","data":{"permission_mode":"bypassPermissions"}}""", "SESSION_012")]
    [InlineData("""{"type":"list_sessions","data":{"limit":0}}""", "WS_005")]
    [InlineData("""{"type":"create_session","data":{"allowed_tools":[null]}}""", "WS_005")]
    [InlineData("""{"type":"create_session","data":{"disallowed_tools":["Read",null]}}""", "WS_005")]
    public async Task Frame_WhenItIsWrong_ShouldGetItsError(string frame, string code)
    {
        await using var client = await _server.ConnectAsync();

        await client.SendTextAsync(frame);

        (await client.ReceiveAsync("error")).Code().ShouldBe(code);
        await ShouldLiveAsync(client);
    }

    [Fact]
    public async Task Chat_WhenAnImageIsNull_ShouldBeRefused()
    {
        await using var client = await _server.ConnectAsync();
        await client.CreateSessionAsync();

        (await client.AskAsync("chat_message", new { images = new string?[] { null } }, content: "hi")).Code().ShouldBe("WS_005");
        await ShouldLiveAsync(client);
    }

    public static TheoryData<string> Unwritable =>
        ["{\"a\":\"\\ud800\"}", "{\"\\udc00\":1}", $"{{\"a\":{new string('[', 58)}{new string(']', 58)}}}"];

    [Theory]
    [MemberData(nameof(Unwritable))]
    public async Task Permission_WhenItsInputCannotBeWrittenAgain_ShouldBeRefused(string input)
    {
        await using var client = await _server.ConnectAsync();
        await client.CreateSessionAsync();

        await client.SendTextAsync($$$$"""{"type":"permission_response","data":{"request_id":"r","decision":"allow","updated_input":{{{{input}}}}}}""");

        (await client.ReceiveAsync("error")).Code().ShouldBe("WS_005");
        await ShouldLiveAsync(client);
    }

    [Fact]
    public async Task Permission_WhenItsInputIsNestedAndCanBeWritten_ShouldGetAsFarAsTheSession()
    {
        await using var client = await _server.ConnectAsync();
        await client.CreateSessionAsync();

        await client.SendTextAsync($$$$"""{"type":"permission_response","data":{"request_id":"r","decision":"allow","updated_input":{"a":{{{{new string('[', 50)}}}}{{{{new string(']', 50)}}}}}}}""");

        (await client.ReceiveAsync("error")).Code().ShouldBe("SESSION_006");
    }

    [Fact]
    public async Task Frame_WhenItIsBinary_ShouldBeMalformed()
    {
        await using var client = await _server.ConnectAsync();

        await client.SendBytesAsync("{\"type\":\"ping\"}"u8.ToArray(), WebSocketMessageType.Binary);

        (await client.ReceiveAsync("error")).Code().ShouldBe("WS_002");
        await ShouldLiveAsync(client);
    }

    [Fact]
    public async Task Frame_WhenItIsNotUtf8_ShouldCloseWith1007()
    {
        // RFC 6455, 8.1: such a connection must be failed.
        (await CloseCodeOfBadTextAsync()).ShouldBe(1007);
        await ShouldLiveAsync();
    }

    // The server ends the connection together with its close frame, and the system may tell of the end before what came last is read.
    private async Task<int?> CloseCodeOfBadTextAsync(int attempts = 5)
    {
        while (true)
        {
            await using var client = await _server.ConnectAsync();
            await client.SendBytesAsync([0x7B, 0xC3, 0x28, 0x7D], WebSocketMessageType.Text);
            try
            {
                return await client.ReceiveCloseAsync();
            }
            catch (WebSocketException) when (--attempts > 0)
            {
                // Once more.
            }
        }
    }

    [Fact]
    public async Task Frame_WhenItIsTooLarge_ShouldGetItsErrorAndCloseWith1009()
    {
        await using var client = await _server.ConnectAsync();
        var sending = client.SendBytesAsync(Encoding.UTF8.GetBytes($"{{\"type\":\"chat_message\",\"content\":\"{new string('x', 20_000_000)}\"}}"), WebSocketMessageType.Text);

        (await client.ReceiveAsync("error")).Code().ShouldBe("WS_004");

        (await client.ReceiveCloseAsync()).ShouldBe(1009);
        await sending;
        await ShouldLiveAsync();
    }

    [Fact]
    public async Task Frame_WhenItComesInPieces_ShouldBeOne()
    {
        await using var client = await _server.ConnectAsync();
        await client.Socket.SendAsync("{\"type\":"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: false, CancellationToken.None);
        await client.Socket.SendAsync(ReadOnlyMemory<byte>.Empty, WebSocketMessageType.Text, endOfMessage: false, CancellationToken.None);

        await client.Socket.SendAsync("\"ping\"}"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

        (await client.ReceiveAsync("pong")).ReplyTo().ShouldBeNull();
    }

    [Fact]
    public async Task Frame_WhenItComesBeforeAuth_ShouldBeRefused()
    {
        await using var client = await TestClient.ConnectAsync(_server.WebSocket);

        var answer = await client.AskAsync("list_sessions");

        answer.Code().ShouldBe("WS_001");
    }

    [Fact]
    public async Task Frame_WhenItIsLargeAndComesBeforeAuth_ShouldCloseWith1009()
    {
        await using var client = await TestClient.ConnectAsync(_server.WebSocket);
        await client.SendAsync(new { type = "ping", content = new string('x', 100_000) });

        (await client.ReceiveAsync("error")).Code().ShouldBe("WS_004");
        (await client.ReceiveCloseAsync()).ShouldBe(1009);
    }

    [Fact]
    public async Task Auth_WhenTheTokenIsWrong_ShouldBeRefused()
    {
        await using var client = await TestClient.ConnectAsync(_server.WebSocket);

        var answer = await client.AskAsync("auth", content: "not.a.token");

        answer.Code().ShouldBe("AUTH_003");
        (await client.AskAsync("list_sessions")).Code().ShouldBe("WS_001");
    }

    [Fact]
    public async Task Upgrade_WhenTheHeadersTokenIsWrong_ShouldBe401()
    {
        var refused = await Should.ThrowAsync<WebSocketException>(() => TestClient.ConnectAsync(
            _server.WebSocket, options =>
            {
                options.CollectHttpResponseDetails = true;
                options.SetRequestHeader("Authorization", "Bearer not.a.token");
            }));

        refused.Message.ShouldContain("401");
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../b")]
    [InlineData("a\u0000b")]
    [InlineData("..\\b")]
    public async Task File_WhenItsPathLeadsOut_ShouldBeRefused(string filename)
    {
        await using var client = await _server.ConnectAsync();
        var session = await client.CreateSessionAsync();

        (await client.AskAsync("file_download", new { filename }, session)).Code().ShouldBe("FILE_003");
        (await client.AskAsync("file_upload", new { filename, content = "x" }, session)).Code().ShouldBe("FILE_003");
        (await client.AskAsync("file_list", new { path = filename }, session)).Code().ShouldBe("FILE_003");
    }

    [Fact]
    public async Task Session_WhenItIsAnothersUser_ShouldLookLikeAMissingOne()
    {
        await using var owner = await _server.ConnectAsync("alice");
        var session = await owner.CreateSessionAsync();
        await using var other = await _server.ConnectAsync("bob");
        string[] frames = ["attach_session", "session_history", "chat_message", "file_list", "workspace_info"];

        foreach (var frame in frames)
        {
            var answer = await other.AskAsync(frame, session: session, content: "hi");

            answer.Code().ShouldBe("SESSION_002", frame);
        }

        other.Received.ShouldAllBe(frame => frame.Seq() == null);
    }

    [Fact]
    public async Task Connection_WhenTooManyFramesAreMalformed_ShouldCloseWith4400()
    {
        await using var client = await _server.ConnectAsync();
        for (var i = 0; i < 20; i++)
        {
            await client.SendTextAsync("nonsense");
        }

        (await client.ReceiveCloseAsync()).ShouldBe(4400);
        await ShouldLiveAsync();
    }

    [Fact]
    public async Task Http_WhenTheBodyIsWrong_ShouldBeAProblemWithACode()
    {
        using var content = new StringContent("nonsense", Encoding.UTF8, "application/json");

        var response = await _server.Http.PostAsync(new Uri("/auth/local", UriKind.Relative), content);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString().ShouldBe("WS_005");
    }

    private async Task ShouldLiveAsync()
    {
        await using var client = await _server.ConnectAsync();
        await ShouldLiveAsync(client);
    }

    private static async Task ShouldLiveAsync(TestClient client) => (await client.AskAsync("ping")).Type().ShouldBe("pong");
}
