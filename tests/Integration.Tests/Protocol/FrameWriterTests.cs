using System.Buffers;
using System.Text;
using System.Text.Json;
using Claudy.Application.Messaging;
using Claudy.Domain.Sessions;
using Claudy.WebApi.Protocol;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Protocol;

public sealed class FrameWriterTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 1, 123, TimeSpan.Zero);
    private static readonly SessionId Session = SessionId.Parse("0197b5a0-0000-7000-8000-000000000001");

    [Fact]
    public void Write_WhenItIsAnError_ShouldCarryCodeReasonAndDetails() =>
        Write(Answer.Of(RequestErrors.InvalidField("limit", "limit must be 1 or more."), Session), "c-1").ShouldBe(
            """{"type":"error","session_id":"0197b5a0-0000-7000-8000-000000000001","reply_to":"c-1","content":"limit must be 1 or more.","timestamp":"2026-01-01T12:00:01.123Z","data":{"code":"WS_005","reason":"invalid_field","retryable":false,"details":{"field":"limit"}}}""");

    [Fact]
    public void Write_WhenThereAreNoFields_ShouldWriteAnEmptyObject() =>
        Write(Answer.Empty(FrameTypes.Answer.Pong), null).ShouldBe("""{"type":"pong","timestamp":"2026-01-01T12:00:01.123Z","data":{}}""");

    [Fact]
    public void Write_WhenAnErrorHasNumbers_ShouldWriteThemAsNumbers() =>
        Write(Answer.Of(ProtocolErrors.TooLarge(16)), null).ShouldContain("\"details\":{\"limit\":16}");

    [Theory]
    [InlineData(false, "\"content\":\"é\\\"\"")]
    [InlineData(true, "\"content\":\"w6ki\"")]
    public void Write_WhenItIsAFile_ShouldWriteItInItsEncoding(bool base64, string expected)
    {
        var data = new FileContentData("a.txt", new FileText("é\""u8.ToArray(), base64), base64 ? "base64" : "utf-8", 3, 0, "00");

        Write(Answer.Of(FrameTypes.Answer.FileContent, data, ProtocolJson.Default.FileContentData), null).ShouldContain(expected);
    }

    [Fact]
    public void Write_WhenASessionIsAttached_ShouldWritePermissionsAsTheirEventHasThem()
    {
        var request = new PermissionRequest("p1", "Bash", JsonDocument.Parse("{}").RootElement, null, null, null, [], null, Now);
        var data = new SessionAttachedData("running", "Mine", null, "default", new NetworkData("none", null), "/workspace", 5, 3, [new InFlightData("claude_response", "a1", "Hel", 2)], [request], []);

        Write(Answer.Of(FrameTypes.Answer.SessionAttached, data, ProtocolJson.Default.SessionAttachedData, Session), null).ShouldContain(
            """
            "data":{"status":"running","name":"Mine","permission_mode":"default","network":{"mode":"none"},"workspace_path":"/workspace","last_seq":5,"replay_from":3,"in_flight":[{"type":"claude_response","message_id":"a1","content":"Hel","next_chunk_index":2}],"pending_permissions":[{"request_id":"p1","tool_name":"Bash","input":{},"suggested_rules":[],"expires_at":"2026-01-01T12:00:01.123Z"}],"queue":[]}
            """);
    }

    private static string Write(Answer answer, string? replyTo)
    {
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.Write(output, answer, replyTo, Now);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
