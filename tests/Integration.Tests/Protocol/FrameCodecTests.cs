using System.Text;
using System.Text.Json;
using Claudy.WebApi.Protocol;
using FsCheck.Xunit;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Protocol;

public sealed class FrameCodecTests
{
    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{")]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("\"ping\"")]
    [InlineData("17")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"type":""}""")]
    [InlineData("""{"type":17}""")]
    [InlineData("""{"type":null}""")]
    [InlineData("""{"type":["ping"]}""")]
    [InlineData("""{"type":"ping","id":{}}""")]
    [InlineData("""{"type":"ping","session_id":7}""")]
    [InlineData("""{"type":"ping","content":[1,[2]]}""")]
    [InlineData("""{"type":"ping","data":"text"}""")]
    [InlineData("""{"type":"ping","data":[]}""")]
    [InlineData("""{"type":"ping"} trailing""")]
    [InlineData("""{"type":"ping"}{"type":"ping"}""")]
    [InlineData("""{"type":"ping",}""")]
    [InlineData("""{"type":"\ud800"}""")]
    [InlineData("""{"type":"ping","x":""")]
    public void Decode_WhenItIsNoFrame_ShouldSayMalformed(string text)
    {
        var error = FrameCodec.Decode(Encoding.UTF8.GetBytes(text), out _);

        error.ShouldNotBeNull().Code.ShouldBe("WS_002");
    }

    [Fact]
    public void Decode_WhenItIsNotUtf8_ShouldSayMalformed()
    {
        byte[] bytes = [.. "{\"type\":\"ping\",\"content\":\""u8, 0xC3, 0x28, .. "\"}"u8];

        var error = FrameCodec.Decode(bytes, out _);

        error.ShouldNotBeNull().Code.ShouldBe("WS_002");
    }

    [Fact]
    public void Decode_WhenNestedTooDeeply_ShouldSayMalformed()
    {
        var text = $"{{\"type\":\"ping\",\"data\":{{\"a\":{new string('[', 1000)}{new string(']', 1000)}}}}}";

        var error = FrameCodec.Decode(Encoding.UTF8.GetBytes(text), out _);

        error.ShouldNotBeNull().Code.ShouldBe("WS_002");
    }

    [Fact]
    public void Decode_WhenTheIdIsTooLong_ShouldNameTheField()
    {
        var error = FrameCodec.Decode(Encoding.UTF8.GetBytes($$"""{"type":"ping","id":"{{new string('x', 65)}}"}"""), out var frame);

        error.ShouldNotBeNull().Code.ShouldBe("WS_005");
        error.Details["field"].ShouldBe("id");
        frame.Id.ShouldBeNull();
    }

    [Fact]
    public void Decode_WhenAnotherFieldIsWrong_ShouldStillKnowTheId()
    {
        FrameCodec.Decode("""{"id":"c-1","type":"ping","content":5}"""u8.ToArray(), out var frame);

        frame.Id.ShouldBe("c-1");
    }

    [Fact]
    public void Decode_WhenFieldsAreUnknownOrNull_ShouldIgnoreThem()
    {
        var text = """{"shape":{"a":[1]},"type":"chat_message","id":null,"session_id":null,"content":"hi","timestamp":5,"data":null,"z":[[]]}"""u8;

        var error = FrameCodec.Decode(text.ToArray(), out var frame);

        error.ShouldBeNull();
        frame.Type.ShouldBe("chat_message");
        frame.Content.ShouldBe("hi");
        frame.Id.ShouldBeNull();
        frame.Data.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void ReadData_WhenAFieldIsOfTheWrongKind_ShouldNameIt()
    {
        FrameCodec.Decode("""{"type":"attach_session","data":{"after_seq":"ten"}}"""u8.ToArray(), out var frame);

        var data = frame.ReadData(ProtocolJson.Default.AttachSessionData);

        data.Error.ShouldNotBeNull().Code.ShouldBe("WS_005");
        data.Error.Details["field"].ShouldBe("after_seq");
    }

    [Fact]
    public void ReadData_WhenThereIsNone_ShouldGiveDefaults()
    {
        FrameCodec.Decode("""{"type":"attach_session"}"""u8.ToArray(), out var frame);

        frame.ReadData(ProtocolJson.Default.AttachSessionData).Value.AfterSeq.ShouldBeNull();
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("esc\\n\\u00e9\\ud83d\\ude00aped")]
    public void ReadData_WhenAFileIsUploaded_ShouldGiveItsUtf8(string json)
    {
        var expected = JsonSerializer.Deserialize<string>($"\"{json}\"")!;
        FrameCodec.Decode(Encoding.UTF8.GetBytes($$$"""{"type":"file_upload","data":{"content":"{{{json}}}"}}"""), out var frame);

        var data = frame.ReadData(ProtocolJson.Default.FileUploadData);

        Encoding.UTF8.GetString(data.Value.Content!).ShouldBe(expected);
    }

    [Property(MaxTest = 500)]
    public void Decode_WhateverTheBytes_ShouldNotThrow(byte[] bytes) =>
        Should.NotThrow(() => FrameCodec.Decode(bytes, out _));

    [Property(MaxTest = 500)]
    public void Decode_WhenAFrameIsDamaged_ShouldNotThrow(int at, byte value)
    {
        var bytes = """{"type":"file_upload","id":"c-1","session_id":"\u0031","content":"\ud83d\ude00","data":{"content":"\ud83d\ude00","overwrite":true}}"""u8.ToArray();
        bytes[(int)((uint)at % bytes.Length)] = value;

        Should.NotThrow(() =>
        {
            if (FrameCodec.Decode(bytes, out var frame) is null)
            {
                frame.ReadData(ProtocolJson.Default.FileUploadData);
            }
        });
    }

    [Property]
    public void Decode_WhateverTheText_ShouldGiveItBack(string? content)
    {
        content = content is null ? null : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(content));
        var bytes = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object?> { ["type"] = "chat_message", ["content"] = content, ["data"] = new { a = content } });

        var error = FrameCodec.Decode(bytes, out var frame);

        error.ShouldBeNull();
        frame.Content.ShouldBe(content);
        JsonDocument.Parse(frame.Data).RootElement.GetProperty("a").GetString().ShouldBe(content);
    }
}
