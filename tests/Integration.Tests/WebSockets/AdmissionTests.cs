using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.WebSockets;

/// <summary>What clients see of a node that runs as many sessions as it may.</summary>
public sealed class AdmissionTests
{
    [Fact]
    public async Task ChatMessage_WhenTheNodeIsFull_ShouldWaitWithItsPlaceShownAndThenRun()
    {
        await using var server = await ClaudyServer.StartAsync(new() { ["Claudy:Sessions:MaxRunning"] = "1" });
        var gate = new TaskCompletionSource();
        server.Agents.Script = async (agent, _) =>
        {
            await gate.Task;
            await agent.SayAsync("a1", "Hello");
        };
        await using var client = await server.ConnectAsync();
        var busy = await client.CreateSessionAsync("busy");
        await client.AskAsync("chat_message", content: "one", session: busy);
        var waiting = await client.CreateSessionAsync("waiting");

        await client.AskAsync("chat_message", content: "two", session: waiting);
        var queued = await client.ReceiveAsync(f => f.Type() == "session_status" && f.Seq() is not null && f.Text("status") == "queued", "queued");
        var place = await client.ReceiveAsync("queue_position");
        await using var late = await server.ConnectAsync();
        await late.AskAsync("attach_session", session: waiting);
        var placeAgain = await late.ReceiveAsync("queue_position");
        gate.SetResult();
        await client.AskAsync("session_control", new { action = "terminate" }, session: busy);
        var done = await client.ReceiveAsync(f => f.Type() == "turn_completed" && f.GetProperty("session_id").GetString() == waiting, "the end of the turn");

        queued.GetProperty("session_id").GetString().ShouldBe(waiting);
        place.Data().GetProperty("position").GetInt32().ShouldBe(1);
        placeAgain.Data().GetProperty("waiting").GetInt32().ShouldBe(1);
        done.Text("stop_reason").ShouldBe("end_turn");
    }

    [Fact]
    public async Task Queue_ShouldBeEditedAndSentNowOverTheSocket()
    {
        await using var server = await ClaudyServer.StartAsync();
        server.Agents.Script = static (_, _) => Task.CompletedTask;
        await using var client = await server.ConnectAsync();
        await client.CreateSessionAsync();
        await client.AskAsync("chat_message", content: "one");
        var two = (await client.AskAsync("chat_message", content: "two")).Text("message_id");
        var three = (await client.AskAsync("chat_message", content: "three")).Text("message_id");

        var edited = await client.AskAsync("edit_message", new { message_id = three }, content: "three, edited");
        var event1 = await client.ReceiveAsync(f => f.Type() == "queue_changed" && f.Seq() is not null && f.Text("change") == "edited", "the edit");
        var moved = await client.AskAsync("send_now", new { message_id = three });
        var told = await client.ReceiveAsync(f => f.Type() == "user_message" && f.Text("message_id") == three, "the message");
        var refused = await client.AskAsync("edit_message", new { message_id = three }, content: "too late");
        var resumed = await client.AskAsync("session_control", new { action = "resume" });

        edited.Text("change").ShouldBe("edited");
        event1.Content().ShouldBe("three, edited");
        moved.Text("change").ShouldBe("moved");
        told.Content().ShouldBe("three, edited");
        refused.Code().ShouldBe("SESSION_007");
        resumed.Type().ShouldBe("session_status");
        server.Agents.Latest.Interrupted.IsCompleted.ShouldBeTrue();
        (await client.AskAsync("cancel_message", new { message_id = two })).Text("change").ShouldBe("cancelled");
    }
}
