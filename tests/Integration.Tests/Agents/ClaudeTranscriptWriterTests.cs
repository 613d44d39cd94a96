using System.Text;
using System.Text.Json;
using Claudy.Domain.Sessions;
using Claudy.Infrastructure.Agents.Claude;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Agents;

public sealed class ClaudeTranscriptWriterTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 1, 13, 0, 1, 123, TimeSpan.FromHours(1));
    private static readonly Guid SessionId = Guid.Parse("00000000-0000-0000-0000-0000000000ff");
    private static readonly Guid MessageId = Guid.Parse("00000000-0000-0000-0000-0000000000aa");

    [Fact]
    public void Write_ShouldGiveTheLinesThatTheCliResumes()
    {
        var conversation = Of(Turn(
            new ChatMessage(MessageId.ToString(), null, "write it", []),
            new ConversationRound([new ConversationText("Writing."), Call("t1", Outcome("\"done\"", isError: false)), Call("t2", null)]),
            new ConversationRound([new ConversationText("Done.")])));

        Lines(conversation).ShouldBe(
        [
            """{"parentUuid":null,"isSidechain":false,"type":"user","message":{"role":"user","content":"write it"},"uuid":"00000000-0000-0000-0000-0000000000aa","timestamp":"2026-01-01T12:00:01.123Z","cwd":"/workspace","sessionId":"00000000-0000-0000-0000-0000000000ff"}""",
            """{"parentUuid":"00000000-0000-0000-0000-0000000000aa","isSidechain":false,"type":"assistant","message":{"id":"msg_claudy_1","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"Writing."},{"type":"tool_use","id":"t1","name":"Bash","input":{"command":"x"}},{"type":"tool_use","id":"t2","name":"Bash","input":{"command":"x"}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":0,"output_tokens":0}},"uuid":"00000000-0000-0000-0000-000000000001","timestamp":"2026-01-01T12:00:01.123Z","cwd":"/workspace","sessionId":"00000000-0000-0000-0000-0000000000ff"}""",
            """{"parentUuid":"00000000-0000-0000-0000-000000000001","isSidechain":false,"type":"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"done","is_error":false},{"type":"tool_result","tool_use_id":"t2","content":"[The call was cut off; its result is not known.]","is_error":true}]},"uuid":"00000000-0000-0000-0000-000000000002","timestamp":"2026-01-01T12:00:01.123Z","cwd":"/workspace","sessionId":"00000000-0000-0000-0000-0000000000ff"}""",
            """{"parentUuid":"00000000-0000-0000-0000-000000000002","isSidechain":false,"type":"assistant","message":{"id":"msg_claudy_2","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"Done."}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":0,"output_tokens":0}},"uuid":"00000000-0000-0000-0000-000000000003","timestamp":"2026-01-01T12:00:01.123Z","cwd":"/workspace","sessionId":"00000000-0000-0000-0000-0000000000ff"}""",
        ]);
    }

    [Fact]
    public void Write_WhenAMessageHasImages_ShouldWriteBlocks()
    {
        var conversation = Of(Turn(new ChatMessage("no uuid", null, "look", [new ImageAttachment("image/png", [1, 2, 3])])));

        Message(Lines(conversation).ShouldHaveSingleItem()).GetProperty("content")
            .ShouldBeJson("""[{"type":"text","text":"look"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AQID"}}]""");
    }

    [Fact]
    public void Write_WhenAResultHasBlocks_ShouldKeepThem()
    {
        var conversation = Of(Turn(null, new ConversationRound([Call("t1", Outcome("""[{"type":"text","text":"x"}]""", isError: true))])));

        Message(Lines(conversation)[1]).GetProperty("content")
            .ShouldBeJson("""[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"x"}],"is_error":true}]""");
    }

    [Fact]
    public void Write_WhenInterrupted_ShouldSaySoInTheCliesWords()
    {
        var conversation = Of(Turn(new ChatMessage("m", null, "go", []), new ConversationRound([new ConversationText("Hal")])) with { IsInterrupted = true });

        Message(Lines(conversation)[^1]).ShouldBeJson("""{"role":"user","content":"[Request interrupted by user]"}""");
    }

    [Fact]
    public void Write_WhenShortened_ShouldTellClaude()
    {
        var conversation = Of(Turn(new ChatMessage("m", null, "go", []))) with { IsShortened = true };

        Message(Lines(conversation)[0]).GetProperty("content").GetString().ShouldBe(ClaudeTranscriptWriter.Shortened);
    }

    [Fact]
    public void Write_WhenAToolOfTheApisOwnSideWasCalled_ShouldLeaveTheCallOut()
    {
        var conversation = Of(Turn(new ChatMessage("m", null, "search", []), new ConversationRound([Call("srvtoolu_1", null)]), new ConversationRound([new ConversationText("Found.")])));

        Lines(conversation).Select(line => Message(line).GetProperty("role").GetString()).ShouldBe(["user", "assistant"]);
    }

    [Fact]
    public void Write_WhateverIsSaid_ShouldKeepToOneLineEach()
    {
        var conversation = Of(Turn(new ChatMessage("m", null, "a\nb\u2028c\u0085d", []), new ConversationRound([new ConversationText("e\r\nf\u2029")])));

        Lines(conversation).Length.ShouldBe(2);
        Lines(conversation).ShouldAllBe(line => line.All(c => c >= 0x20 && c < 0x7F));
    }

    [Fact]
    public void Write_WhenThereAreCheckpoints_ShouldKeepTheLastOfEachRememberedMessage()
    {
        var old = Encoding.UTF8.GetBytes(
            $$$$"""
            {"type":"file-history-snapshot","messageId":"{{{{MessageId}}}}","snapshot":{"messageId":"{{{{MessageId}}}}","trackedFileBackups":{}},"isSnapshotUpdate":false}
            {"type":"file-history-snapshot","messageId":"an answer","snapshot":{"messageId":"{{{{MessageId}}}}","trackedFileBackups":{"a.txt":{"backupFileName":null}}},"isSnapshotUpdate":true}
            {"type":"file-history-snapshot","messageId":"other","snapshot":{"messageId":"other","trackedFileBackups":{}},"isSnapshotUpdate":false}
            {"type":"file-history-snapshot","messageId":"cut
            {"type":"user","snapshot":{"messageId":"x"}}
            """);

        var lines = Lines(Of(Turn(new ChatMessage(MessageId.ToString(), null, "go", []))), ClaudeTranscript.CheckpointsOf(old));

        lines[1].ShouldBe($$$$"""{"type":"file-history-snapshot","messageId":"{{{{MessageId}}}}","snapshot":{"messageId":"{{{{MessageId}}}}","trackedFileBackups":{"a.txt":{"backupFileName":null}}},"isSnapshotUpdate":false}""");
        lines.Length.ShouldBe(2);
    }

    private static Conversation Of(params IReadOnlyList<ConversationTurn> turns) => new(turns, IsShortened: false);

    private static ConversationTurn Turn(ChatMessage? message, params IReadOnlyList<ConversationRound> rounds) => new(1, message, rounds, At, IsInterrupted: false);

    private static ConversationCall Call(string id, ConversationOutcome? outcome) => new(id, "Bash", JsonElement.Parse("""{"command":"x"}"""), outcome);

    private static ConversationOutcome Outcome(string content, bool isError) => new(JsonElement.Parse(content), isError);

    private static string[] Lines(Conversation conversation, IReadOnlyDictionary<string, JsonElement>? checkpoints = null)
    {
        using var stream = new MemoryStream();
        var ids = 0;
        new ClaudeTranscriptWriter(stream, SessionId, "/workspace", checkpoints ?? new Dictionary<string, JsonElement>(), () => Guid.Parse($"00000000-0000-0000-0000-{++ids:x12}"))
            .Write(conversation);
        return Encoding.UTF8.GetString(stream.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static JsonElement Message(string line) => JsonElement.Parse(line).GetProperty("message");
}
