using System.Text.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Infrastructure.Agents.Claude;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Agents;

/// <summary>What the real CLI printed, replayed.</summary>
public sealed class ClaudeTranscriptTests
{
    private const string Version = "2.1.197/";

    // A hook's word to the user; Claudy sets no hooks, and nothing says that it must be understood.
    private static readonly string[] KnownUnknowns = ["system/informational"];

    public static TheoryData<string> All => [.. Transcript.Names];

    [Theory]
    [MemberData(nameof(All))]
    public void Map_WhenAnyRecording_ShouldUnderstandEveryLine(string name)
    {
        var replayed = Transcript.Recording(name);

        replayed.Of<AgentEvent.Unknown>().Select(unknown => unknown.Type).Except(KnownUnknowns).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Map_WhenLinesAreNotInTheFastForm_ShouldComeToTheSame(string name)
    {
        var asWritten = Transcript.Recording(name);

        var reordered = Transcript.Replay(Transcript.Output(name).Select(WithTypeLast));

        reordered.InShort().ShouldBe(asWritten.InShort());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Map_WhenAnyRecording_ShouldCompleteOrDiscardEveryDelta(string name)
    {
        var lines = Transcript.Output(name);
        if (lines.Count == 0 || !lines[^1].AsSpan().StartsWith("{\"type\":\"result\""u8))
            return; // refused to start, or killed in the middle of a turn

        var replayed = Transcript.Replay(lines);

        var shown = replayed.Of<AgentEvent.TextDelta>().Select(delta => delta.MessageId).Distinct();
        var settled = replayed.Of<AgentEvent.TextCompleted>().Select(text => text.MessageId)
            .Concat(replayed.Of<AgentEvent.PartialDiscarded>().Select(partial => partial.MessageId)).ToList();
        settled.ShouldBeUnique();
        shown.Except(settled).ShouldBeEmpty();
    }

    [Fact]
    public void Map_WhenTextAndThinking_ShouldNumberTheBlocksOfEachMessage()
    {
        Transcript.Recording(Version + "01-basic").InShort().ShouldBe(
        [
            "turn claude-opus-4-8[1m] Default",
            "text msg_fake0003.0: tok0 tok1 tok2 tok3",
            "whole text msg_fake0003.0: tok0 tok1 tok2 tok3",
            "end Completed end_turn in=10 out=20 $0.00055",
            "turn claude-opus-4-8[1m] Default",
            "thinking msg_fake0004.0: let me think about it ",
            "whole thinking msg_fake0004.0: let me think about it ",
            "text msg_fake0004.1: thought done",
            "whole text msg_fake0004.1: thought done",
            "end Completed end_turn in=10 out=20 $0.00055",
        ]);
    }

    [Fact]
    public void Map_WhenPermissionsAreAsked_ShouldSuggestRulesOrElseAMode()
    {
        var replayed = Transcript.Recording(Version + "03-perm-write-bash");

        replayed.InShort().Where(line => line.StartsWith("ask ", StringComparison.Ordinal)).Take(6).ShouldBe(
        [
            "ask Write toolu_fake44_1 [] AcceptEdits",
            "ask Bash toolu_fake46_0 [Bash(touch denied.txt)]",
            "ask Bash toolu_fake48_0 [Bash(touch denied2.txt)]",
            "ask Write toolu_fake49_0 [] AcceptEdits",
            "ask Write toolu_fake51_0 [] AcceptEdits",
            "ask Bash toolu_fake53_0 [Bash(mkdir -p sub1)]",
        ]);
        var bash = replayed.Of<AgentEvent.PermissionRequest>()[1];
        bash.Description.ShouldBe("make file");
        bash.BlockedPath.ShouldBe("/workspace/denied.txt");
        bash.Input.GetProperty("command").GetString().ShouldBe("touch denied.txt");
        replayed.Of<AgentEvent.PermissionWithdrawn>().Single().RequestId.ShouldBe(replayed.Of<AgentEvent.PermissionRequest>()[^1].RequestId);
        replayed.Of<AgentEvent.PermissionModeChanged>().Select(change => change.Mode).ShouldBe([PermissionMode.AcceptEdits, PermissionMode.Default]);
    }

    [Fact]
    public void Map_WhenInterrupted_ShouldEndTheTurnsWithoutTheClisDiagnostics()
    {
        var replayed = Transcript.Recording(Version + "05-interrupt");

        replayed.Of<AgentEvent.TurnEnded>().Select(turn => turn.Outcome).ShouldBe(
        [
            TurnOutcome.Completed, TurnOutcome.Completed, TurnOutcome.Interrupted, TurnOutcome.Completed,
            TurnOutcome.Interrupted, TurnOutcome.Interrupted, TurnOutcome.Completed,
        ]);
        replayed.Of<AgentEvent.TurnEnded>().ShouldAllBe(turn => turn.ErrorMessage == null);
        replayed.Of<AgentEvent.ToolResult>().Single().IsError.ShouldBeTrue();
        replayed.Of<AgentEvent.PartialDiscarded>().ShouldBeEmpty();
    }

    [Fact]
    public void Map_WhenSlashCommands_ShouldShowTheirOutputAsText()
    {
        var texts = Transcript.Recording(Version + "06-image-slash").Of<AgentEvent.TextCompleted>().Select(text => text.Text).ToList();

        texts.ShouldContain("a red square");
        texts.ShouldContain("/help isn't available in this environment.");
        texts.ShouldContain("Not enough messages to compact.");
        texts.ShouldContain("Compacted");
        texts.ShouldNotContain("(no content)");
        texts.ShouldNotContain(text => text.StartsWith("This session is being continued", StringComparison.Ordinal));
    }

    [Fact]
    public void Map_WhenCleared_ShouldTellTheNewAgentSession()
    {
        var turns = Transcript.Recording(Version + "06-image-slash").Of<AgentEvent.TurnStarted>();

        turns.Select(turn => turn.AgentSessionId).Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public void Map_WhenKeyIsRefused_ShouldAskForAnInterruptOnceAndTellNoRetries()
    {
        var replayed = Transcript.Recording(Version + "15a-badkey");

        replayed.Controls.ShouldHaveSingleItem().ShouldBeOfType<ClaudeControl.CredentialRefused>();
        replayed.InShort().ShouldBe(
        [
            "turn claude-opus-4-8[1m] Default",
            "end ApiError stop_sequence in=0 out=0 $0 401 Invalid API key · Fix external API key",
        ]);
    }

    [Fact]
    public void Map_WhenRateLimitedOnce_ShouldTellTheRetryAndGoOn()
    {
        Transcript.Recording(Version + "15c-429-retry-after").InShort().Take(5).ShouldBe(
        [
            "turn claude-opus-4-8[1m] Default",
            "retry 1/10 429 rate_limit",
            "text msg_fake0206.0: recovered",
            "whole text msg_fake0206.0: recovered",
            "end Completed end_turn in=10 out=20 $0.00055",
        ]);
    }

    [Fact]
    public void Map_WhenOverloaded_ShouldEndWithTheStatusThatTheResultLeavesOut()
    {
        var turn = Transcript.Recording(Version + "15e-529").Of<AgentEvent.TurnEnded>()[0];

        turn.Outcome.ShouldBe(TurnOutcome.ApiError);
        turn.ApiStatus.ShouldBe(529);
        turn.ErrorMessage!.ShouldStartWith("API Error: Repeated 529 Overloaded errors.");
    }

    [Theory]
    [InlineData("15b-nokey", null)]
    [InlineData("15d-429-forever", 429)]
    [InlineData("15f-500", 500)]
    [InlineData("15g-400", 400)]
    [InlineData("15h-prompt-too-long", 400)]
    [InlineData("15i-403", 403)]
    [InlineData("15j-404-model", 404)]
    [InlineData("15k-api-down", null)]
    [InlineData("15n-refusal", null)]
    [InlineData("15o-max-tokens", null)]
    [InlineData("15p-credit", 400)]
    public void Map_WhenTheApiFails_ShouldEndTheTurnWithTheReasonAndNotAnswerWithIt(string name, int? status)
    {
        var replayed = Transcript.Recording(Version + name);

        var turn = replayed.Of<AgentEvent.TurnEnded>()[0];
        turn.Outcome.ShouldBe(TurnOutcome.ApiError);
        turn.ApiStatus.ShouldBe(status);
        turn.ErrorMessage.ShouldNotBeNullOrWhiteSpace();
        replayed.Of<AgentEvent.TextCompleted>().ShouldNotContain(text => text.Text == turn.ErrorMessage);
    }

    [Fact]
    public void Map_WhenTheStreamIsCut_ShouldDiscardThePartialBeforeTheNewMessage()
    {
        Transcript.Recording(Version + "15l-cut-midstream").InShort().Take(5).ShouldBe(
        [
            "turn claude-opus-4-8[1m] Default",
            "text msg_fake0237.0: partial answer here ",
            "discard msg_fake0237.0",
            "whole text msg_fake0238.0: partial answer here ",
            "end Completed end_turn in=0 out=0 $0.00055",
        ]);
    }

    [Fact]
    public void Map_WhenResumed_ShouldGoOnUnderTheSameAgentSession()
    {
        var killed = Transcript.Recording(Version + "12a-kill-midturn");
        var resumed = Transcript.Recording(Version + "12b-resume");

        var id = Guid.Parse("aaaaaaaa-0000-4000-8000-000000000001");
        killed.Of<AgentEvent.TurnStarted>().ShouldAllBe(turn => turn.AgentSessionId == id);
        resumed.Of<AgentEvent.TurnStarted>().ShouldHaveSingleItem().AgentSessionId.ShouldBe(id);
        killed.Of<AgentEvent.TurnEnded>().Count.ShouldBe(1);
        resumed.Of<AgentEvent.TurnEnded>().Single().CostUsd.ShouldBe(0.00055m);
    }

    [Fact]
    public void Map_WhenATranscriptIsMissing_ShouldFailTheTurn()
    {
        var turn = Transcript.Recording(Version + "13k-resume-missing").Of<AgentEvent.TurnEnded>().ShouldHaveSingleItem();

        turn.Outcome.ShouldBe(TurnOutcome.Failed);
        turn.ErrorMessage!.ShouldStartWith("No conversation found");
    }

    [Fact]
    public void Map_WhenASubagentWorks_ShouldTellWhoseEachPartIs()
    {
        Transcript.Recording(Version + "26-subagent").InShort().Take(14).ShouldBe(
        [
            "turn claude-opus-4-8[1m] Default",
            "tool toolu_fake2_0 Task",
            "progress toolu_fake2_0 started: sub job",
            "whole text msg_fake0003.0 under toolu_fake2_0: sub text ",
            "progress toolu_fake2_0 progress: Running x",
            "tool toolu_fake3_1 Bash under toolu_fake2_0",
            "ask Bash toolu_fake3_1 [Bash(touch subfile *)]",
            "result toolu_fake3_1 under toolu_fake2_0",
            "whole text msg_fake0004.0 under toolu_fake2_0: sub finished",
            "progress toolu_fake2_0 updated: completed",
            "progress toolu_fake2_0 ended: sub job",
            "result toolu_fake2_0",
            "text msg_fake0005.0: agent done",
            "whole text msg_fake0005.0: agent done",
        ]);
    }

    [Fact]
    public void Map_WhenACommandTakesLong_ShouldTellItsProgress()
    {
        var replayed = Transcript.Recording(Version + "25-subagent-longtool");

        replayed.Of<AgentEvent.ToolProgress>().Select(progress => (progress.ToolUseId, progress.State))
            .ShouldBe([("toolu_fake822_0", "started"), ("toolu_fake822_0", "ended")]);
        replayed.Of<AgentEvent.PermissionRequest>().Count.ShouldBe(3);
    }

    [Fact]
    public void Map_WhenAskedForWhatIsNotOffered_ShouldHaveItRefused()
    {
        var refused = Transcript.Recording(Version + "10-hooks-mcp-tasks").Controls.OfType<ClaudeControl.Unsupported>().ToList();

        refused.Select(request => request.Subtype).Distinct().Order().ShouldBe(["hook_callback", "mcp_message"]);
    }

    [Fact]
    public void Map_WhenControlRequestsAreAnswered_ShouldHandOverAnswersAndErrors()
    {
        var answers = Transcript.Recording(Version + "02-control").Controls.OfType<ClaudeControl.Answer>().ToList();

        answers.Count(answer => answer.Error is null).ShouldBe(33);
        answers.Count(answer => answer.Error is { Length: > 0 }).ShouldBe(7);
    }

    // The same message with its first property at the end, which only the general reader takes.
    private static byte[] WithTypeLast(byte[] line)
    {
        using var document = JsonDocument.Parse(line);
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var property in document.RootElement.EnumerateObject().Where(property => property.Name != "type"))
                property.WriteTo(writer);
            writer.WritePropertyName("type");
            document.RootElement.GetProperty("type").WriteTo(writer);
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
