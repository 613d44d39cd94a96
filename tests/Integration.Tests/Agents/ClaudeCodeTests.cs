using System.Diagnostics;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Infrastructure.Sandbox;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Agents;

/// <summary>The adapter with the real CLI, in the sandbox where there is one: turns and how they end.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class ClaudeCodeTests
{
    [SkippableTheory]
    [InlineData(SandboxMode.Bubblewrap)]
    [InlineData(SandboxMode.None)]
    public async Task Turn_WhenThinkingAndText_ShouldStreamAndThenComplete(SandboxMode mode)
    {
        await using var bed = await ClaudeTestBed.MakeAsync(mode);
        bed.Api.Enqueue(Reply.Thinking("let me see").Then(Reply.Text("here it is, größer")));
        var session = await bed.LaunchAsync();

        await session.SayAsync("hello");
        var turn = await session.TurnAsync();

        turn.Of<AgentEvent.TurnStarted>().ShouldHaveSingleItem().AgentSessionId.ShouldBe(bed.SessionId.Value);
        turn.Of<AgentEvent.ThinkingDelta>().ShouldNotBeEmpty();
        turn.Of<AgentEvent.ThinkingCompleted>().ShouldHaveSingleItem().Text.ShouldBe("let me see");
        turn.Of<AgentEvent.TextDelta>().Count.ShouldBeGreaterThan(1);
        turn.Shown().ShouldBe("here it is, größer");
        var whole = turn.Of<AgentEvent.TextCompleted>().ShouldHaveSingleItem();
        whole.Text.ShouldBe("here it is, größer");
        turn.Of<AgentEvent.TextDelta>().ShouldAllBe(delta => delta.MessageId == whole.MessageId);
        turn.Ended().Outcome.ShouldBe(TurnOutcome.Completed);
        turn.Ended().CostUsd.ShouldBeGreaterThan(0);
        turn.Of<AgentEvent.Unknown>().ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task Interrupt_WhenAnswering_ShouldEndTheTurnAndKeepTheSession()
    {
        await using var bed = await ClaudeTestBed.MakeAsync();
        var gate = new Gate();
        bed.Api.Enqueue(Reply.TextChunks("one ", "two").HeldAt(gate, chunk: 1), Reply.Text("still here"));
        var session = await bed.LaunchAsync();
        await session.SayAsync("count");
        await session.NextAsync<AgentEvent.TextDelta>();

        (await session.InterruptAsync(CancellationToken.None)).IsSuccess.ShouldBeTrue();
        var turn = await session.TurnAsync();
        await session.SayAsync("and now?");
        var next = await session.TurnAsync();

        turn.Ended().Outcome.ShouldBe(TurnOutcome.Interrupted);
        next.Shown().ShouldBe("still here");
    }

    [SkippableFact]
    public async Task Turn_WhenTheKeyIsRefused_ShouldEndAtOnceAndKeepTheSession()
    {
        await using var bed = await ClaudeTestBed.MakeAsync();
        bed.Api.Otherwise = _ => Reply.Error(401);
        var session = await bed.LaunchAsync();

        var clock = Stopwatch.StartNew();
        await session.SayAsync("hello");
        var turn = await session.TurnAsync();
        bed.Api.Otherwise = _ => Reply.Text("with another key");
        await session.SayAsync("again");
        var next = await session.TurnAsync();

        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60));
        (turn.Ended().Outcome, turn.Ended().ApiStatus).ShouldBe((TurnOutcome.ApiError, 401));
        turn.Of<AgentEvent.ApiRetry>().ShouldBeEmpty();
        next.Shown().ShouldBe("with another key");
    }

    [SkippableTheory]
    [InlineData(429)]
    [InlineData(529)]
    public async Task Turn_WhenTheApiIsBusyOnce_ShouldTellTheRetryAndAnswer(int status)
    {
        await using var bed = await ClaudeTestBed.MakeAsync();
        bed.Api.Enqueue(Reply.Error(status, retryAfter: TimeSpan.FromSeconds(1)), Reply.Text("recovered"));
        var session = await bed.LaunchAsync();

        await session.SayAsync("hello");
        var turn = await session.TurnAsync();

        turn.Of<AgentEvent.ApiRetry>().ShouldHaveSingleItem().ApiStatus.ShouldBe(status);
        turn.Shown().ShouldBe("recovered");
        turn.Ended().Outcome.ShouldBe(TurnOutcome.Completed);
    }

    [SkippableFact]
    public async Task Turn_WhenTheStreamIsCut_ShouldDiscardThePartialAndAnswerAnew()
    {
        await using var bed = await ClaudeTestBed.MakeAsync();
        var cut = new Gate();
        bed.Api.Enqueue(Reply.CutStream("half").HeldAt(cut, chunk: 1), Reply.Text("all of it"));
        var session = await bed.LaunchAsync();
        await session.SayAsync("hello");
        var shown = await session.NextAsync<AgentEvent.TextDelta>();

        cut.Open();
        var turn = await session.TurnAsync();

        var partial = turn.Of<AgentEvent.PartialDiscarded>().ShouldHaveSingleItem();
        partial.MessageId.ShouldBe(shown.MessageId);
        var whole = turn.Of<AgentEvent.TextCompleted>().ShouldHaveSingleItem();
        whole.Text.ShouldBe("all of it");
        whole.MessageId.ShouldNotBe(partial.MessageId);
    }

    [SkippableFact]
    public async Task Send_WhenWithAnImage_ShouldReachTheModel()
    {
        const string RedSquare = "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR4nGP4z8AARwzEcQCukw/x0F8jngAAAABJRU5ErkJggg==";
        await using var bed = await ClaudeTestBed.MakeAsync();
        bed.Api.Enqueue(Reply.Text("a red square"));
        var session = await bed.LaunchAsync();

        await session.SayAsync("what is this?", new ImageAttachment("image/png", Convert.FromBase64String(RedSquare)));
        var turn = await session.TurnAsync();

        turn.Shown().ShouldBe("a red square");
        bed.Api.Conversation[0].BodyText.ShouldContain("\"media_type\":\"image/png\"");
    }

    [SkippableFact]
    public async Task SetModelAndMode_WhenIdle_ShouldHoldFromTheNextTurnOn()
    {
        await using var bed = await ClaudeTestBed.MakeAsync();
        bed.Api.Enqueue(bed.Write("unasked.txt", "hi"), Reply.Text("written"));
        var session = await bed.LaunchAsync();

        (await session.SetModelAsync("claude-haiku-4-5", CancellationToken.None)).IsSuccess.ShouldBeTrue();
        (await session.SetPermissionModeAsync(PermissionMode.AcceptEdits, CancellationToken.None)).IsSuccess.ShouldBeTrue();
        await session.SayAsync("write");
        var turn = await session.TurnAsync();

        turn.Of<AgentEvent.PermissionModeChanged>()[0].Mode.ShouldBe(PermissionMode.AcceptEdits);
        turn.Of<AgentEvent.TurnStarted>()[0].PermissionMode.ShouldBe(PermissionMode.AcceptEdits);
        bed.Api.Conversation[0].Body.GetProperty("model").GetString().ShouldStartWith("claude-haiku-4-5");
        File.Exists(bed.PathOf("unasked.txt")).ShouldBeTrue();
    }
}
