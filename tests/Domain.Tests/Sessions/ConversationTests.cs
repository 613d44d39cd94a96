using System.Text.Json;
using Claudy.Domain.Sessions;
using FsCheck.Xunit;
using Shouldly;
using Xunit;
using static Claudy.Domain.Tests.Sessions.SessionFactory;

namespace Claudy.Domain.Tests.Sessions;

public sealed class ConversationTests
{
    private readonly ConversationBuilder _builder = new();
    private long _seq;
    private long _turns;

    [Fact]
    public void Build_WhenClaudeSpokeAndCalledTools_ShouldPairCallsWithResultsRoundByRound()
    {
        Turn("go", Text("first"), Call("t1"), Call("t2"), Result("t2", "two"), Result("t1", "one"), Call("t3"), Result("t3", "three"), Text("done"));

        var rounds = _builder.Build().Turns.ShouldHaveSingleItem().Rounds;

        rounds.Select(Describe).ShouldBe(["first t1=one t2=two", "t3=three", "done"]);
    }

    [Fact]
    public void Build_WhenASubagentSpoke_ShouldKeepOnlyWhatItReported()
    {
        Turn(
            "go",
            Call("task"),
            new AssistantText("m", "inner", false, "task"),
            new ToolUsed("inner", "Bash", Json("{}"), "task"),
            new ToolReturned("inner", Json("\"x\""), false, "task"),
            Result("task", "report"));

        _builder.Build().Turns.ShouldHaveSingleItem().Rounds.Select(Describe).ShouldBe(["task=report"]);
    }

    [Fact]
    public void Build_WhenThereWasThinkingOrNothingToRead_ShouldLeaveItOut()
    {
        Turn("go", new AssistantThinking("m", "hmm", false, null), Text(" \n"), new SessionErrorRaised("CLAUDE_002", "api_failure", "x", true));

        _builder.Build().Turns.ShouldHaveSingleItem().Rounds.ShouldBeEmpty();
    }

    [Fact]
    public void Build_WhenACallWasCutOff_ShouldHaveNoOutcomeForIt()
    {
        Turn("go", Call("t1"));

        _builder.Build().Turns.ShouldHaveSingleItem().Rounds.Select(Describe).ShouldBe(["t1=?"]);
    }

    [Fact]
    public void Build_WhenATurnIsSuspended_ShouldHaveWhatThereIsOfIt()
    {
        Turn("one", Text("a"));
        Add(new UserMessageAdded(Message("m", "two")), new TurnStarted(2, "m"), Text("b"), Call("t1"), new TurnSuspended(2, "server_stopped"));

        _builder.Build().Turns[^1].Rounds.Select(Describe).ShouldBe(["b t1=?"]);
    }

    [Fact]
    public void Build_WhenATurnWasResumed_ShouldHaveWhatClaudeWasTold()
    {
        Turn("one", Call("t1"), new TurnSuspended(1, "server_stopped"), new TurnResumed(1, "go on"), Text("done"));

        _builder.Build().Turns.Select(turn => (turn.Id, turn.Message!.Text, Describe(turn.Rounds.Single()))).ShouldBe([(1, "one", "t1=?"), (1, "go on", "done")]);
    }

    [Fact]
    public void Build_WhenAMessageCameWhileClaudeWorked_ShouldHaveItWhereItCame()
    {
        Turn("one", Text("a"), new UserMessageAdded(Message("m2", "two")), Text("b"));

        _builder.Build().Turns.Select(turn => (turn.Id, turn.Message!.Text, Describe(turn.Rounds.Single()))).ShouldBe([(1, "one", "a"), (1, "two", "b")]);
    }

    [Fact]
    public void Build_WhenTurnsWereTakenBack_ShouldForgetThemAndGoOn()
    {
        Turn("one", Text("a"));
        Turn("two", Text("b"));
        Turn("three", Text("c"));
        Add(new ConversationRewound(2, 5, true, [], null));
        Turn("four", Text("d"));

        _builder.Build().Turns.Select(turn => turn.Message!.Text).ShouldBe(["one", "four"]);
    }

    [Fact]
    public void Build_WhenTheConversationWasCleared_ShouldBeginAfterIt()
    {
        Add(new AgentSessionChanged(null));
        Turn("one", new AgentSessionChanged(Guid.NewGuid()), Text("a"));
        Turn("/clear", new AgentSessionChanged(Guid.NewGuid()));
        Turn("two", Text("b"));

        _builder.Build().Turns.Select(turn => turn.Message!.Text).ShouldBe(["two"]);
    }

    [Fact]
    public void Build_WhenTheClearingWasTakenBack_ShouldRememberWhatWasBefore()
    {
        Turn("one", new AgentSessionChanged(Guid.NewGuid()), Text("a"));
        Turn("/clear", new AgentSessionChanged(Guid.NewGuid()));
        Add(new ConversationRewound(2, 5, true, [], null));
        Turn("two", Text("b"));

        _builder.Build().Turns.Select(turn => turn.Message!.Text).ShouldBe(["one", "two"]);
    }

    [Fact]
    public void Build_WhenTheMemoryWasRebuiltBefore_ShouldNotTakeThatForAClearing()
    {
        Turn("one", new AgentSessionChanged(Guid.NewGuid()), Text("a"));
        Add(new AgentSessionChanged(null), new AgentSessionChanged(Guid.NewGuid(), new RebuiltMemory(1, false)));
        Turn("two", Text("b"));

        _builder.Build().Turns.Count.ShouldBe(2);
    }

    [Fact]
    public void Build_WhenItIsLong_ShouldKeepTheNewestTurnsThatFit()
    {
        for (var i = 0; i < 30; i++)
        {
            Turn($"message {i}", Text(new string('x', 50_000)));
        }

        var conversation = _builder.Build();

        conversation.IsShortened.ShouldBeTrue();
        conversation.Length.ShouldBeInRange(300_000, Conversation.MaxLength);
        conversation.Turns[^1].Message!.Text.ShouldBe("message 29");
        conversation.Turns.Select(turn => turn.Id).ShouldBe(Enumerable.Range(0, conversation.Turns.Count).Select(i => 30L - conversation.Turns.Count + 1 + i));
    }

    [Fact]
    public void Build_WhenOneTurnIsLong_ShouldKeepItsMessageAndItsNewestRounds()
    {
        Turn("work", [.. Enumerable.Range(0, 100).SelectMany(i => new SessionEvent[] { Call($"t{i}"), Result($"t{i}", new string('x', 20_000)) })]);

        var turn = _builder.Build().Turns.ShouldHaveSingleItem();

        turn.Message!.Text.ShouldBe("work");
        turn.Rounds[^1].Parts.OfType<ConversationCall>().Single().ToolUseId.ShouldBe("t99");
        turn.Rounds.Count.ShouldBeInRange(10, 20);
    }

    [Fact]
    public void Build_WhenOneResultIsTooLongByItself_ShouldSayThatItWasLeftOut()
    {
        Turn("read", Call("t1"), Result("t1", new string('x', 1_000_000)), Text("big"));
        Turn("read again", Call("t2"), Result("t2", new string('x', 1_000_000)));

        var conversation = _builder.Build();

        conversation.IsShortened.ShouldBeTrue();
        conversation.Length.ShouldBeLessThan(Conversation.MaxLength);
        conversation.Turns[^1].Rounds.Select(Describe).ShouldBe([$"t2={ConversationRound.LeftOut}"]);
    }

    [Property(MaxTest = 200)]
    public void Newest_WhateverTheLimit_ShouldFitAndEndWithTheNewest(byte[] lengths, ushort limit)
    {
        var past = new ConversationTests();
        foreach (var length in lengths)
        {
            past.Turn(new string('m', (length % 7) + 1), Text(new string('x', length + 1)), Call("t"), Result("t", new string('y', length)));
        }

        var newest = past._builder.Build().Newest(limit + 1_000);

        newest.Length.ShouldBeLessThanOrEqualTo(limit + 1_000);
        newest.Turns.Count.ShouldBeGreaterThanOrEqualTo(Math.Min(1, lengths.Length));
        newest.Turns.Select(turn => turn.Id).ShouldBe(Enumerable.Range(lengths.Length - newest.Turns.Count + 1, newest.Turns.Count).Select(i => (long)i));
    }

    private void Turn(string message, params IReadOnlyList<SessionEvent> events)
    {
        var id = $"m{++_turns}";
        Add([new UserMessageAdded(Message(id, message)), new TurnStarted(_turns, id), .. events, new TurnCompleted(_turns, "end_turn", new TokenUsage(1, 1, 0, 0), 0, default)]);
    }

    private void Add(params IReadOnlyList<SessionEvent> events)
    {
        foreach (var one in events)
        {
            _builder.Add(new StoredEvent(++_seq, Now, one));
        }
    }

    private static AssistantText Text(string text) => new("m", text, IsPartial: false, null);

    private static ToolUsed Call(string id) => new(id, "Bash", Json("{}"), null);

    private static ToolReturned Result(string id, string content) => new(id, JsonSerializer.SerializeToElement(content), IsError: false, null);

    private static JsonElement Json(string json) => JsonElement.Parse(json);

    private static string Describe(ConversationRound round) => string.Join(' ', round.Parts.Select(part => part switch
    {
        ConversationText text => text.Text,
        ConversationCall call => $"{call.ToolUseId}={(call.Outcome is { } outcome ? outcome.Content.GetString() : "?")}",
        _ => throw new InvalidOperationException(),
    }));
}
