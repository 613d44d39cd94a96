using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Claudy.WebApi.WebSockets;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.WebSockets;

public sealed class DeleteTests : IAsyncLifetime
{
    private ClaudyServer _server = null!;

    public async Task InitializeAsync() => _server = await ClaudyServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Delete_ShouldRemoveAllThatIsKeptOfTheSession()
    {
        await using var client = await _server.ConnectAsync();
        var session = await client.CreateSessionAsync();
        await client.AskAsync("file_upload", new { filename = "a/b.txt", content = "x" }, session);
        await client.AskAsync("chat_message", content: "the needle");
        await client.ReceiveAsync("turn_completed");

        var answer = await client.AskAsync("session_control", new { action = "delete" }, session);

        answer.Type().ShouldBe("session_deleted");
        FoldersOf(session).ShouldBeEmpty();
        (await client.AskAsync("list_sessions")).Data().GetProperty("sessions").GetArrayLength().ShouldBe(0);
        (await client.AskAsync("search_history", new { query = "needle" })).Data().GetProperty("results").GetArrayLength().ShouldBe(0);
        string[] frames = ["attach_session", "session_history", "chat_message", "file_list", "workspace_info", "search_history"];
        foreach (var frame in frames)
        {
            (await client.AskAsync(frame, new { query = "x" }, session, "hi")).Code().ShouldBe("SESSION_002", frame);
        }

        (await client.AskAsync("session_control", new { action = "delete" }, session)).Code().ShouldBe("SESSION_002");
        var id = SessionId.Parse(session);
        (await _server.Services.GetRequiredService<ISessionEventLog>().HeadAsync(id, default)).LastSeq.ShouldBe(0);
        _server.Agents.Latest.Events.Completion.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task Delete_WhenOthersAreAttached_ShouldTellAndDetachThem()
    {
        await using var deleter = await _server.ConnectAsync();
        await using var watcher = await _server.ConnectAsync();
        var session = await deleter.CreateSessionAsync();
        await watcher.AskAsync("attach_session", session: session);

        await deleter.AskAsync("session_control", new { action = "delete" }, session);

        foreach (var client in new[] { deleter, watcher })
        {
            var told = await client.ReceiveAsync(frame => frame.Type() == "session_deleted" && frame.ReplyTo() is null, "session_deleted");
            told.GetProperty("session_id").GetString().ShouldBe(session);
            told.Seq().ShouldBeNull();
        }

        watcher.Received.ShouldContain(frame => frame.Type() == "session_status" && frame.Text("status") == "terminated" && frame.Text("reason") == "deleted");
        var hub = _server.Services.GetRequiredService<SessionHub>();
        await Eventually.IsTrueAsync(() => hub.Count == 0, "nobody watches the session any more");
        await Eventually.IsTrueAsync(
            async () => (await watcher.AskAsync("chat_message", content: "still there?")).Code() == "SESSION_010", "the connection has no session any more");
    }

    [Fact]
    public async Task Delete_WhenClaudeIsAtWork_ShouldEndItFirst()
    {
        var working = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Agents.Script = async (agent, _) =>
        {
            await agent.DeltaAsync("a1", "half an ans");
            working.TrySetResult();
        };
        await using var client = await _server.ConnectAsync();
        var session = await client.CreateSessionAsync();
        await client.AskAsync("chat_message", content: "hello");
        await working.Task;

        (await client.AskAsync("session_control", new { action = "delete" }, session)).Type().ShouldBe("session_deleted");

        _server.Agents.Latest.Events.Completion.IsCompleted.ShouldBeTrue();
        _server.Agents.Launched.Count.ShouldBe(1);
        FoldersOf(session).ShouldBeEmpty();
    }

    [Fact]
    public async Task Delete_WhenNoSessionIsNamed_ShouldBeRefused()
    {
        await using var client = await _server.ConnectAsync();
        var session = await client.CreateSessionAsync();

        var refused = await client.AskAsync("session_control", new { action = "delete" });

        refused.Code().ShouldBe("WS_005");
        refused.Data().GetProperty("details").GetProperty("field").GetString().ShouldBe("session_id");
        (await client.AskAsync("attach_session", session: session)).Type().ShouldBe("session_attached");
    }

    [Fact]
    public async Task Delete_WhenItIsAnotherUsersSession_ShouldLookLikeAMissingOne()
    {
        await using var alice = await _server.ConnectAsync("alice");
        var session = await alice.CreateSessionAsync();
        await using var bob = await _server.ConnectAsync("bob");

        (await bob.AskAsync("session_control", new { action = "delete" }, session)).Code().ShouldBe("SESSION_002");

        (await alice.AskAsync("attach_session", session: session)).Type().ShouldBe("session_attached");
    }

    [Fact]
    public async Task Start_WhenAServerDiedInTheMiddleOfADeletion_ShouldFinishIt()
    {
        var data = Directory.CreateTempSubdirectory("claudy-");
        try
        {
            string session;
            await using (var first = await ClaudyServer.StartAsync(dataPath: data.FullName))
            {
                await using var client = await first.ConnectAsync();
                session = await client.CreateSessionAsync();
                await client.AskAsync("file_upload", new { filename = "a.txt", content = "x" }, session);
                await first.Services.GetRequiredService<ISessionStore>().MarkDeletingAsync(SessionId.Parse(session), default);
            }

            Directory.EnumerateDirectories(data.FullName, session, SearchOption.AllDirectories).ShouldNotBeEmpty();
            await using var second = await ClaudyServer.StartAsync(dataPath: data.FullName);

            await Eventually.IsTrueAsync(
                async () => (await second.Services.GetRequiredService<ISessionStore>().ListDeletingAsync(null, 10, default)).Count == 0, "the deletion was finished");
            Directory.EnumerateDirectories(data.FullName, session, SearchOption.AllDirectories).ShouldBeEmpty();
            (await second.Services.GetRequiredService<ISessionEventLog>().HeadAsync(SessionId.Parse(session), default)).LastSeq.ShouldBe(0);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Rename_ShouldBeSeenByAllWhoAreAttached_AndKeepTheOldNameWhenItIsRefused()
    {
        await using var client = await _server.ConnectAsync();
        await using var watcher = await _server.ConnectAsync();
        var session = await client.CreateSessionAsync("Before");
        await watcher.AskAsync("attach_session", session: session);

        (await client.AskAsync("session_control", new { action = "rename", name = "After" }, session)).Type().ShouldBe("session_status");

        await watcher.ReceiveAsync(frame => frame.Type() == "session_settings" && frame.Text("name") == "After", "the new name");
        foreach (var name in new[] { "", "  ", new string('x', 201), "a\u0001b" })
        {
            (await client.AskAsync("session_control", new { action = "rename", name }, session)).Code().ShouldBe("WS_005", name);
        }

        (await client.AskAsync("session_control", new { action = "rename" }, session)).Code().ShouldBe("WS_005");

        // The list is written behind the events.
        await Eventually.IsTrueAsync(
            async () => (await client.AskAsync("list_sessions")).Data().GetProperty("sessions")[0].GetProperty("name").GetString() == "After",
            "the new name is listed");
    }

    private List<string> FoldersOf(string session) => [.. Directory.EnumerateDirectories(_server.DataPath, session, SearchOption.AllDirectories)];
}
