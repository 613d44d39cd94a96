using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.WebSockets;

public sealed class ConversationTests : IAsyncLifetime
{
    private ClaudyServer _server = null!;

    public async Task InitializeAsync() => _server = await ClaudyServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Chat_WhenClaudeAnswers_ShouldStreamDeltasAndTheWhole()
    {
        await using var client = await _server.ConnectAsync();
        var session = await client.CreateSessionAsync();

        var accepted = await client.AskAsync("chat_message", session: session, content: "hi");
        await client.ReceiveAsync("turn_completed");

        accepted.Type().ShouldBe("chat_accepted");
        var answers = client.Received.Where(f => f.Type() == "claude_response").ToList();
        answers.Select(f => f.Content()).ShouldBe(["Hel", "lo", "Hello"]);
        answers.Select(f => f.Data().GetProperty("is_complete").GetBoolean()).ShouldBe([false, false, true]);
        answers.Select(f => f.Seq().HasValue).ShouldBe([false, false, true]);
        answers[1].Data().GetProperty("chunk_index").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task Chat_WhenATurnCompletes_ShouldTellUsageAndCost()
    {
        await using var client = await _server.ConnectAsync();
        await client.CreateSessionAsync();

        await client.AskAsync("chat_message", content: "hi");
        var completed = await client.ReceiveAsync("turn_completed");

        completed.Data().GetProperty("usage").GetProperty("output_tokens").GetInt64().ShouldBe(20);
        completed.Data().GetProperty("cost_usd").GetDecimal().ShouldBe(0.01m);
        completed.Text("stop_reason").ShouldBe("end_turn");
    }

    [Fact]
    public async Task Events_ShouldBeNumberedWithoutAGap()
    {
        await using var client = await _server.ConnectAsync();
        await client.CreateSessionAsync();
        for (var i = 0; i < 3; i++)
        {
            await client.AskAsync("chat_message", content: $"message {i}");
            await client.ReceiveAsync("turn_completed");
        }

        var seqs = client.Received.Select(f => f.Seq()).OfType<long>().ToList();

        seqs.ShouldBe(Enumerable.Range(1, seqs.Count).Select(i => (long)i));
    }

    [Fact]
    public async Task Chat_WhenTheSameIdIsSentTwice_ShouldBeAcceptedOnce()
    {
        await using var client = await _server.ConnectAsync();
        var session = await client.CreateSessionAsync();

        await client.SendAsync(new { type = "chat_message", id = "c-1", session_id = session, content = "once" });
        var first = await client.ReceiveAsync("chat_accepted", "c-1");
        await client.ReceiveAsync("turn_completed");
        await client.SendAsync(new { type = "chat_message", id = "c-1", session_id = session, content = "once" });
        var second = await client.ReceiveAsync("chat_accepted", "c-1");

        second.Text("message_id").ShouldBe(first.Text("message_id"));
        _server.Agents.Latest.Messages.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Permission_WhenItIsAllowed_ShouldReachEveryDeviceAndTheAgent()
    {
        _server.Agents.Script = async (agent, _) =>
        {
            var answer = await agent.AskAsync("p1", "Bash", """{"command":"touch x"}""");
            await agent.SayAsync("a1", answer.Decision.ToString());
        };
        await using var client = await _server.ConnectAsync();
        var session = await client.CreateSessionAsync();
        await using var phone = await _server.ConnectAsync();
        await phone.AskAsync("attach_session", session: session);

        await client.AskAsync("chat_message", content: "go");
        var asked = await phone.ReceiveAsync("permission_request");
        var answered = await phone.AskAsync("permission_response", new { request_id = asked.Text("request_id"), decision = "allow" }, session);
        var late = await client.AskAsync("permission_response", new { request_id = asked.Text("request_id"), decision = "deny" }, session);

        answered.Type().ShouldBe("permission_resolved");
        late.Code().ShouldBe("SESSION_006");
        asked.Data().GetProperty("input").GetProperty("command").GetString().ShouldBe("touch x");
        (await client.ReceiveAsync(f => f.Type() == "claude_response" && f.Seq() is not null, "the answer")).Content().ShouldBe("Allow");
    }

    [Fact]
    public async Task Interrupt_WhenClaudeIsWriting_ShouldEndTheTurn()
    {
        _server.Agents.Script = static (agent, _) => agent.DeltaAsync("a1", "Once upon").AsTask();
        await using var client = await _server.ConnectAsync();
        var session = await client.CreateSessionAsync();
        await client.AskAsync("chat_message", content: "tell me a story");
        await client.ReceiveAsync("claude_response");

        await client.SendAsync(new { type = "session_control", session_id = session, data = new { action = "interrupt" } });

        (await client.ReceiveAsync("turn_completed")).Text("stop_reason").ShouldBe("interrupted");
        var partial = client.Received.Single(f => f.Type() == "claude_response" && f.Seq() is not null);
        partial.Content().ShouldBe("Once upon");
        partial.Data().GetProperty("is_partial").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Queue_WhenAMessageIsCancelled_ShouldNotReachClaude()
    {
        _server.Agents.Script = static (agent, _) => agent.DeltaAsync("a1", "busy").AsTask();
        await using var client = await _server.ConnectAsync();
        await client.CreateSessionAsync();
        await client.AskAsync("chat_message", content: "first");
        await client.ReceiveAsync("claude_response");

        var waiting = await client.AskAsync("chat_message", content: "second");
        var cancelled = await client.AskAsync("cancel_message", new { message_id = waiting.Text("message_id") });

        waiting.Data().GetProperty("position").GetInt32().ShouldBe(1);
        cancelled.Text("change").ShouldBe("cancelled");
        _server.Agents.Latest.Messages.Select(m => m.Text).ShouldBe(["first"]);
    }

    [Fact]
    public async Task Chat_WhenItHasAnImage_ShouldReachClaude()
    {
        await using var client = await _server.ConnectAsync();
        await client.CreateSessionAsync();

        await client.AskAsync("chat_message", new { images = new[] { new { media_type = "image/png", data = "iVBORw==" } } }, content: "what is it?");
        var seen = await client.ReceiveAsync("user_message");
        await client.ReceiveAsync("turn_completed");

        seen.Data().GetProperty("images")[0].GetProperty("size").GetInt32().ShouldBe(4);
        _server.Agents.Latest.Messages.Single().Images.Single().Data.ShouldBe([0x89, 0x50, 0x4E, 0x47]);
    }

    [Fact]
    public async Task Control_ShouldRenameAndSetModelAndModeAndHibernateAndTerminate()
    {
        await using var client = await _server.ConnectAsync();
        var session = await client.CreateSessionAsync();

        (await client.AskAsync("session_control", new { action = "rename", name = "Renamed" })).Type().ShouldBe("session_status");
        (await client.AskAsync("session_control", new { action = "set_model", model = "opus" })).Type().ShouldBe("session_status");
        (await client.AskAsync("session_control", new { action = "set_permission_mode", mode = "plan" })).Type().ShouldBe("session_status");
        (await client.AskAsync("session_control", new { action = "hibernate" })).Type().ShouldBe("session_status");
        (await client.AskAsync("session_control", new { action = "explode" })).Code().ShouldBe("WS_005");

        var listed = (await client.AskAsync("list_sessions")).Data().GetProperty("sessions")[0];
        listed.GetProperty("session_id").GetString().ShouldBe(session);
        listed.GetProperty("name").GetString().ShouldBe("Renamed");
        listed.GetProperty("model").GetString().ShouldBe("opus");
        listed.GetProperty("permission_mode").GetString().ShouldBe("plan");
        (await client.AskAsync("session_control", new { action = "terminate" })).Text("status").ShouldBe("terminated");
        (await client.AskAsync("chat_message", session: session, content: "hi")).Code().ShouldBe("SESSION_004");
    }

    [Fact]
    public async Task History_WhenAsked_ShouldGiveWholeFrames()
    {
        await using var client = await _server.ConnectAsync();
        var session = await client.CreateSessionAsync();
        await client.AskAsync("chat_message", content: "hi");
        var last = await client.ReceiveAsync(f => f.Type() == "session_status" && f.Seq() is not null && f.Text("status") == "idle" && f.Seq() > 5, "rest");

        var history = await client.AskAsync("session_history", new { limit = 3, before_seq = last.Seq() }, session);

        var events = history.Data().GetProperty("events").EnumerateArray().ToList();
        events.Select(e => e.Seq()).ShouldBe([last.Seq() - 3, last.Seq() - 2, last.Seq() - 1]);
        history.Data().GetProperty("first_seq").GetInt64().ShouldBe(last.Seq()!.Value - 3);
        history.Data().GetProperty("has_more").GetBoolean().ShouldBeTrue();
        events.ShouldAllBe(e => e.GetProperty("session_id").GetString() == session);
    }

    [Theory]
    [InlineData("utf-8", "print('é')\n")]
    [InlineData("base64", "AP8BAg==")]
    public async Task File_WhenItIsUploaded_ShouldComeBackTheSame(string encoding, string content)
    {
        await using var client = await _server.ConnectAsync();
        await client.CreateSessionAsync();

        var uploaded = await client.AskAsync("file_upload", new { filename = "src/a.bin", content, encoding });
        var downloaded = await client.AskAsync("file_download", new { filename = "src/a.bin" });
        var listed = await client.AskAsync("file_list", new { path = "src" });

        uploaded.Type().ShouldBe("file_uploaded", uploaded.ToString());
        downloaded.Text("content").ShouldBe(content);
        downloaded.Text("encoding").ShouldBe(encoding);
        downloaded.Text("sha256").ShouldBe(uploaded.Text("sha256"));
        listed.Data().GetProperty("files")[0].GetProperty("path").GetString().ShouldBe("src/a.bin");
        (await client.AskAsync("workspace_info")).Data().GetProperty("file_count").GetInt64().ShouldBe(1);
        (await client.AskAsync("file_upload", new { filename = "src/a.bin", content, encoding })).Code().ShouldBe("FILE_005");
    }

    [Fact]
    public async Task File_WhenItIsNotWhatItsEncodingSays_ShouldBeRefused()
    {
        await using var client = await _server.ConnectAsync();
        await client.CreateSessionAsync();

        (await client.AskAsync("file_upload", new { filename = "a", content = "%%%", encoding = "base64" })).Code().ShouldBe("FILE_008");
        await client.AskAsync("file_upload", new { filename = "a", content = "/w==", encoding = "base64" });
        (await client.AskAsync("file_download", new { filename = "a", encoding = "utf-8" })).Code().ShouldBe("FILE_008");
        (await client.AskAsync("file_download", new { filename = "a", encoding = "latin1" })).Code().ShouldBe("WS_005");
    }

    [Fact]
    public async Task File_WhenItIsLarge_ShouldNotHoldUpAPing()
    {
        await using var client = await _server.ConnectAsync();
        await client.CreateSessionAsync();
        var content = Convert.ToBase64String(Enumerable.Repeat((byte)0xFF, 9_000_000).ToArray());
        await client.SendAsync(new { type = "file_upload", id = "up", data = new { filename = "big", content, encoding = "base64" } });
        await client.ReceiveAsync("file_uploaded", "up");

        await client.SendAsync(new { type = "file_download", id = "down", data = new { filename = "big" } });
        await client.SendAsync(new { type = "ping", id = "p" });

        await client.ReceiveAsync("pong", "p");
        (await client.ReceiveAsync("file_content", "down")).Text("content")!.Length.ShouldBe(content.Length);
    }

    [Fact]
    public async Task Agent_WhenItCannotStart_ShouldFailTheSessionAndKeepIt()
    {
        _server.Agents.Failure = Domain.Sessions.SessionErrors.AgentFailedToStart("no such file.");
        await using var client = await _server.ConnectAsync();
        await client.CreateSessionAsync();
        await client.ReceiveAsync(f => f.Type() == "session_status" && f.Text("status") == "failed", "failed");

        _server.Agents.Failure = null;
        await client.AskAsync("chat_message", content: "again");

        (await client.ReceiveAsync("turn_completed")).Text("stop_reason").ShouldBe("end_turn");
        client.Received.First(f => f.Type() == "session_error").Code().ShouldBe("SESSION_001");
    }
}
