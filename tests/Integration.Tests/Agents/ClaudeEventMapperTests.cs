using System.Text;
using System.Text.Json.Nodes;
using Claudy.Application.Sessions.Ports;
using Claudy.Infrastructure.Agents.Claude;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Agents;

public sealed class ClaudeEventMapperTests
{
    private const string MessageStart = """{"type":"stream_event","event":{"type":"message_start","message":{"id":"m1"}},"parent_tool_use_id":null}""";
    private const string BlockStart = """{"type":"stream_event","event":{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}},"parent_tool_use_id":null}""";

    private static readonly byte[][] RealLines = [.. Transcript.Names.SelectMany(Transcript.Output).Where(line => line.Length < 4000).DistinctBy(line => line.Length)];

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("""a\nb\t\"c\" \\ \/ \u00e4""", "a\nb\t\"c\" \\ / ä")]
    [InlineData("größer 🚀", "größer 🚀")]
    [InlineData("""\ud83d\ude80""", "🚀")]
    [InlineData("""cut \ud83d""", "cut \ufffd")]
    [InlineData("""\\ud83d is text""", """\ud83d is text""")]
    public void Map_WhenDelta_ShouldUnescapeItsText(string escaped, string expected)
    {
        Deltas(Delta(escaped)).ShouldBe(expected);
    }

    [Fact]
    public void Map_WhenDeltaIsLong_ShouldUnescapeAllOfIt()
    {
        Deltas(Delta(string.Concat(Enumerable.Repeat("""line\n""", 5000)))).ShouldBe(string.Concat(Enumerable.Repeat("line\n", 5000)));
    }

    [Fact]
    public void Map_WhenDeltaIsOfASubagent_ShouldShowNothing()
    {
        Deltas(Delta("x").Replace("\"parent_tool_use_id\":null", "\"parent_tool_use_id\":\"toolu_1\"", StringComparison.Ordinal)).ShouldBe("");
    }

    [Fact]
    public void Map_WhenDeltaIsNotOfAMessage_ShouldShowNothing()
    {
        Transcript.Replay(Delta("x")).Events.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("{\"type\":\"stream_event\"")]
    [InlineData("{} {}")]
    public void Map_WhenMalformed_ShouldKeepTheLine(string line)
    {
        var unknown = Transcript.Replay(line).Events.ShouldHaveSingleItem().ShouldBeOfType<AgentEvent.Unknown>();

        unknown.Type.ShouldBe("malformed");
        unknown.Raw.GetString().ShouldBe(line);
    }

    [Theory]
    [InlineData("""{"type":"brand_new","x":1}""", "brand_new")]
    [InlineData("""{"type":"system","subtype":"brand_new"}""", "system/brand_new")]
    [InlineData("""{"type":"stream_event","event":{"type":"brand_new"}}""", "stream_event/brand_new")]
    [InlineData("""{"type":"assistant","message":{"id":"m","content":[{"type":"brand_new"}]}}""", "assistant/brand_new")]
    [InlineData("[1]", "untyped")]
    [InlineData("null", "untyped")]
    [InlineData("7", "untyped")]
    public void Map_WhenUnknown_ShouldNameItAndKeepIt(string line, string type)
    {
        Transcript.Replay(line).Events.ShouldHaveSingleItem().ShouldBeOfType<AgentEvent.Unknown>().Type.ShouldBe(type);
    }

    [Fact]
    public void Map_WhenBytesAreNotUtf8_ShouldReadWhatCanBeRead()
    {
        byte[] line = [.. Encoding.UTF8.GetBytes("""{"type":"assistant","message":{"id":"m","content":[{"type":"text","text":"a"""), 0xFF, .. Encoding.UTF8.GetBytes("\"}]}}")];

        Transcript.Replay([line]).Of<AgentEvent.TextCompleted>().ShouldHaveSingleItem().Text.ShouldBe("a\ufffd");
    }

    [Fact]
    public void Map_WhenToolOutputIsCutWithinACharacter_ShouldKeepIt()
    {
        var result = Transcript.Replay("""{"type":"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"ok \ud83d"}]}}""")
            .Of<AgentEvent.ToolResult>().ShouldHaveSingleItem();

        result.Content.GetString().ShouldBe("ok \ufffd");
    }

    [Fact]
    public void Map_WhenBlocksWereNotStreamed_ShouldCountThem()
    {
        const string Text = """{"type":"assistant","message":{"id":"m9","content":[{"type":"text","text":"x"}]},"parent_tool_use_id":null}""";

        Transcript.Replay(Text, Text).Of<AgentEvent.TextCompleted>().Select(text => text.MessageId).ShouldBe(["m9.0", "m9.1"]);
    }

    [Fact]
    public void Map_WhenTurnEndsWithAnOpenBlock_ShouldNotDiscardWhatWasShown()
    {
        Transcript.Replay(MessageStart, BlockStart, Delta("half"), """{"type":"result","subtype":"error_during_execution","is_error":true}""", MessageStart)
            .Of<AgentEvent.PartialDiscarded>().ShouldBeEmpty();
    }

    [Fact]
    public void Map_WhenMessageStartsAnew_ShouldDiscardTheOpenBlock()
    {
        Transcript.Replay(MessageStart, BlockStart, Delta("half"), MessageStart)
            .Of<AgentEvent.PartialDiscarded>().ShouldHaveSingleItem().MessageId.ShouldBe("m1.0");
    }

    [Fact]
    public void Map_WhenRefusedTurnIsInterrupted_ShouldEndItAsRefused()
    {
        var replayed = Transcript.Replay(
            """{"type":"system","subtype":"api_retry","attempt":1,"max_retries":10,"retry_delay_ms":600,"error_status":401,"error":"authentication_failed"}""",
            """{"type":"result","subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_streaming"}""",
            """{"type":"result","subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_streaming"}""");

        replayed.InShort().ShouldBe(
        [
            "end ApiError  in=0 out=0 $0 401 The API refused the credential (401).",
            "end Interrupted  in=0 out=0 $0",
        ]);
    }

    [Property(MaxTest = 300)]
    public void Map_WhenAnyBytes_ShouldNotThrow(byte[] line)
    {
        new ClaudeEventMapper().Map(line, []);
    }

    [Property(MaxTest = 2000)]
    public Property Map_WhenRealLineIsDamaged_ShouldNotThrow()
    {
        var damaged =
            from line in Gen.Elements(RealLines)
            from at in Gen.Choose(0, line.Length - 1)
            from length in Gen.Choose(0, 12)
            from put in Gen.ArrayOf(Gen.Elements("{}[]\",:\\ud8n0-9eE.truefalsenull ".Select(c => (byte)c).Append((byte)0xC3)))
            select (byte[])[.. line[..at], .. put, .. line[Math.Min(line.Length, at + length)..]];

        return Prop.ForAll(damaged.ToArbitrary(), line =>
        {
            new ClaudeEventMapper().Map(line, []);
        });
    }

    [Property(MaxTest = 2000)]
    public Property Map_WhenValuesAreOfAnotherKind_ShouldNotThrow()
    {
        string[] values = ["null", "0", "-1.5e300", "\"\"", "\"default\"", "true", "[]", "[null]", "{}", "[{}]", "{\"type\":3}"];
        var confused =
            from line in Gen.Elements(RealLines)
            from pick in Gen.Choose(0, 1000)
            from value in Gen.Elements(values)
            select Confuse(line, pick, value);

        return Prop.ForAll(confused.ToArbitrary(), line =>
        {
            new ClaudeEventMapper().Map(line, []);
        });
    }

    private static string Delta(string escaped) =>
        $$$"""{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{escaped}}}"}},"session_id":"s","parent_tool_use_id":null,"uuid":"u"}""";

    private static string Deltas(string delta) => string.Concat(
        Transcript.Replay(MessageStart, BlockStart, delta).Of<AgentEvent.TextDelta>().Select(piece => Encoding.UTF8.GetString(piece.Utf8.Span)));

    /// <summary>Puts another value in the place of one of the line's properties.</summary>
    private static byte[] Confuse(byte[] line, int pick, string value)
    {
        var nodes = new List<(JsonObject Owner, string Name)>();
        var root = JsonNode.Parse(line)!;
        Collect(root, nodes);
        if (nodes.Count == 0)
            return line;

        var (owner, name) = nodes[pick % nodes.Count];
        owner[name] = JsonNode.Parse(value);
        return Encoding.UTF8.GetBytes(root.ToJsonString());
    }

    private static void Collect(JsonNode? node, List<(JsonObject Owner, string Name)> found)
    {
        switch (node)
        {
            case JsonObject owner:
                foreach (var (name, child) in owner)
                {
                    found.Add((owner, name));
                    Collect(child, found);
                }

                break;
            case JsonArray array:
                foreach (var child in array)
                    Collect(child, found);
                break;
        }
    }
}
