using System.Net.Http.Headers;
using System.Text;
using Claudy.Domain.Usage;
using Claudy.Infrastructure.ApiBroker;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.ApiBroker;

public sealed class UsageReaderTests
{
    private const string Stream =
        """
        event: message_start
        data: {"type":"message_start","message":{"id":"m","type":"message","model":"claude-x","content":[],"usage":{"input_tokens":12,"cache_creation_input_tokens":30,"cache_read_input_tokens":4,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"output_tokens":1,"service_tier":"standard"}}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"it says \"usage\": {\"output_tokens\": 99999} 💶"}}

        : a comment
        event: ping
        data: {"type": "ping"}

        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":77,"server_tool_use":{"web_search_requests":2,"web_fetch_requests":1}}}

        event: message_stop
        data: {"type":"message_stop"}


        """;

    private const string Whole =
        """
        {"id":"m","type":"message","model":"claude-x","content":[{"type":"text","text":"\"model\":\"no\",\"usage\":{\"input_tokens\":99999}} \\"},{"type":"tool_use","input":{"usage":{"input_tokens":88888},"model":"no"}}],
         "stop_reason":"end_turn", "usage" : {"input_tokens":12,"cache_creation_input_tokens":30,"cache_read_input_tokens":4,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"output_tokens":77,"server_tool_use":{"web_search_requests":2}},"x":1.5e3}
        """;

    private static readonly ApiUsage Expected = new(12, 77, 10, 20, 4, 2);

    [Property(MaxTest = 500)]
    public Property Read_WhereverTheStreamIsCutUp_ShouldFindTheFigures() =>
        Prop.ForAll(Cuts, cuts => ReadInPieces("text/event-stream", Stream, cuts) is { Usage: { } usage, Model: "claude-x", OutputEstimate: 17 } && usage == Expected);

    [Property(MaxTest = 500)]
    public Property Read_WhereverAWholeAnswerIsCutUp_ShouldFindTheFigures() =>
        Prop.ForAll(Cuts, cuts => ReadInPieces("application/json", Whole, cuts) is { Usage: { } usage, Model: "claude-x" } && usage == Expected);

    [Fact]
    public void Read_WhenLinesEndAsOnWindows_ShouldFindTheFigures() =>
        ReadInPieces("text/event-stream", Stream.ReplaceLineEndings("\r\n"), []).Usage.ShouldBe(Expected);

    [Fact]
    public void Read_WhenTheStreamEndsEarly_ShouldKnowWhatWasSaidSoFar()
    {
        var reader = ReadInPieces("text/event-stream", Stream[..Stream.IndexOf(": a comment", StringComparison.Ordinal)], []);

        reader.Usage.ShouldBe(Expected with { OutputTokens = 1, WebSearches = 0 });
        reader.OutputEstimate.ShouldBe(17);
    }

    [Fact]
    public void Read_WhenTheLastEventSaysAllAgain_ShouldNotCountItTwice() =>
        ReadInPieces(
            "text/event-stream",
            Stream.Replace("\"usage\":{\"output_tokens\":77", "\"usage\":{\"input_tokens\":12,\"cache_creation_input_tokens\":30,\"cache_read_input_tokens\":4,\"output_tokens\":77", StringComparison.Ordinal),
            []).Usage.ShouldBe(Expected);

    [Fact]
    public void Read_WhenOnlyTheSumOfCacheWritesIsGiven_ShouldTakeItForTheShorterCache() =>
        ReadInPieces("application/json", """{"usage":{"input_tokens":1,"cache_creation_input_tokens":30,"output_tokens":2}}""", []).Usage
            .ShouldBe(new ApiUsage(1, 2, 30, 0, 0, 0));

    [Fact]
    public void Read_WhenADeltaIsLong_ShouldReckonByItsLength() =>
        ReadInPieces("text/event-stream", $$$"""data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{new string('x', 30_000)}}}"}}""" + "\n", [])
            .OutputEstimate.ShouldBeInRange(9_000, 11_000);

    [Fact]
    public void Read_WhenAWholeAnswerIsCutBeforeItsFigures_ShouldReckonByItsLength()
    {
        var reader = ReadInPieces("application/json", $$"""{"content":[{"type":"text","text":"{{new string('x', 30_000)}}""", []);

        reader.Usage.ShouldBeNull();
        reader.OutputEstimate.ShouldBeInRange(9_000, 11_000);
    }

    [Theory]
    [InlineData("text/event-stream", "data: {\"usage\": {\"input_tokens\": \"many\", \"output_tokens\": -5}}\n")]
    [InlineData("text/event-stream", "data: {\"usage\": 7}\n")]
    [InlineData("text/event-stream", "data: \"usage\"\n")]
    [InlineData("text/event-stream", "data: {\"usage\": {\"output_tokens\": 1\n")]
    [InlineData("application/json", "{\"usage\": [1], \"model\": {}}")]
    [InlineData("application/json", "]]}}\"")]
    [InlineData("application/json", "")]
    public void Read_WhenItIsOdd_ShouldNeitherThrowNorCount(string type, string text)
    {
        var usage = ReadInPieces(type, text, []).Usage;

        (usage ?? default).ShouldBe(default);
    }

    [Fact]
    public void Read_WhenATextIsLong_ShouldNotKeepIt()
    {
        var text = new string('x', 5_000_000);
        var reader = ReadInPieces("application/json", $$$"""{"content":"{{{text}}}","usage":{"input_tokens":5}}""", [100]);
        var streamed = ReadInPieces("text/event-stream", $"data: {text}\ndata: {{\"usage\":{{\"output_tokens\":5}}}}\n", [7, 40_000]);

        reader.Usage!.Value.InputTokens.ShouldBe(5);
        streamed.Usage!.Value.OutputTokens.ShouldBe(5);
    }

    [Fact]
    public void For_WhenTheAnswerIsCompressed_ShouldNotPretendToReadIt()
    {
        using var response = new HttpResponseMessage { Content = new ByteArrayContent([]) };
        response.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        response.Content.Headers.ContentEncoding.Add("gzip");

        UsageReader.For(response).ShouldBeNull();
    }

    private static Arbitrary<int[]> Cuts => ArbMap.Default.GeneratorFor<PositiveInt>().Select(one => one.Get).ArrayOf().ToArbitrary();

    private static UsageReader ReadInPieces(string type, string text, int[] lengths)
    {
        using var response = new HttpResponseMessage { Content = new ByteArrayContent([]) };
        response.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        var reader = UsageReader.For(response)!;
        var bytes = Encoding.UTF8.GetBytes(text).AsSpan();
        foreach (var length in lengths.Where(length => length > 0))
        {
            var piece = Math.Min(length, bytes.Length);
            reader.Read(bytes[..piece]);
            bytes = bytes[piece..];
        }

        reader.Read(bytes);
        return reader;
    }
}
