using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Claudy.Infrastructure.ApiBroker.Demo;

/// <summary>Writes the demo model's answer as the Messages API does: as server-sent events, or whole.</summary>
internal sealed class DemoWriter(HttpResponse response, DemoRequest request) : IDisposable
{
    /// <summary>
    /// No signature of the API's. Should the session go on with a real key, the API refuses it, upon which Claude Code 2.1.197 leaves
    /// the thinking out and asks again (measured); a missing signature would be another error.
    /// </summary>
    private const string ThinkingSignature = "Y2xhdWR5LWRlbW8=";

    private readonly Utf8JsonWriter _json = new(response.BodyWriter);
    private readonly string _messageId = $"msg_demo{Guid.NewGuid():N}";

    public Task WriteTokenCountAsync(CancellationToken cancellationToken) => WriteJsonAsync(
        () => _json.WriteNumber("input_tokens"u8, request.InputTokens),
        cancellationToken);

    public Task WriteWholeAsync(DemoReply reply, CancellationToken cancellationToken) => WriteJsonAsync(
        () =>
        {
            WriteMessageHead();
            _json.WriteStartArray("content"u8);
            _json.WriteStartObject();
            _json.WriteString("type"u8, "text"u8);
            _json.WriteString("text"u8, reply.Text);
            _json.WriteEndObject();
            if (reply.ToolCall is { } call)
                WriteToolUse(call, call.WriteInput);
            _json.WriteEndArray();
            WriteStop(reply);
            WriteUsage(OutputTokens(reply));
        },
        cancellationToken);

    public Task StartMessageAsync(CancellationToken cancellationToken)
    {
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache";
        return SendAsync(
            "message_start",
            () =>
            {
                _json.WriteStartObject("message"u8);
                WriteMessageHead();
                _json.WriteStartArray("content"u8);
                _json.WriteEndArray();
                _json.WriteNull("stop_reason"u8);
                _json.WriteNull("stop_sequence"u8);
                WriteUsage(outputTokens: 1);
                _json.WriteEndObject();
            },
            cancellationToken);
    }

    /// <param name="index">The block's place in the message.</param>
    /// <param name="kind">Text or thinking.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task StartTextAsync(int index, string kind, CancellationToken cancellationToken) => SendAsync(
        "content_block_start",
        () =>
        {
            _json.WriteNumber("index"u8, index);
            _json.WriteStartObject("content_block"u8);
            _json.WriteString("type"u8, kind);
            _json.WriteString(kind, ""u8);
            if (kind == "thinking")
                _json.WriteString("signature"u8, ""u8);
            _json.WriteEndObject();
        },
        cancellationToken);

    public Task WriteDeltaAsync(int index, string kind, ReadOnlyMemory<char> text, CancellationToken cancellationToken) =>
        WriteDeltaAsync(index, kind + "_delta", kind, text, cancellationToken);

    /// <summary>Ends a thinking block's content, as the API does.</summary>
    public Task SignAsync(int index, CancellationToken cancellationToken) =>
        WriteDeltaAsync(index, "signature_delta", "signature", ThinkingSignature.AsMemory(), cancellationToken);

    public async Task WriteToolCallAsync(int index, DemoToolCall call, CancellationToken cancellationToken)
    {
        await SendAsync(
            "content_block_start",
            () =>
            {
                _json.WriteNumber("index"u8, index);
                _json.WritePropertyName("content_block"u8);
                WriteToolUse(call, WriteEmptyObject);
            },
            cancellationToken);
        await WriteDeltaAsync(index, "input_json_delta", "partial_json", InputOf(call).AsMemory(), cancellationToken);
        await EndBlockAsync(index, cancellationToken);
    }

    public Task EndBlockAsync(int index, CancellationToken cancellationToken) =>
        SendAsync("content_block_stop", () => _json.WriteNumber("index"u8, index), cancellationToken);

    public async Task EndMessageAsync(DemoReply reply, CancellationToken cancellationToken)
    {
        await SendAsync(
            "message_delta",
            () =>
            {
                _json.WriteStartObject("delta"u8);
                WriteStop(reply);
                _json.WriteEndObject();
                WriteUsage(OutputTokens(reply));
            },
            cancellationToken);
        await SendAsync("message_stop", () => { }, cancellationToken);
    }

    public void Dispose() => _json.Dispose();

    private Task WriteDeltaAsync(int index, string type, string name, ReadOnlyMemory<char> text, CancellationToken cancellationToken) => SendAsync(
        "content_block_delta",
        () =>
        {
            _json.WriteNumber("index"u8, index);
            _json.WriteStartObject("delta"u8);
            _json.WriteString("type"u8, type);
            _json.WriteString(name, text.Span);
            _json.WriteEndObject();
        },
        cancellationToken);

    private async Task WriteJsonAsync(Action writeMembers, CancellationToken cancellationToken)
    {
        response.ContentType = "application/json";
        WriteObject(writeMembers);
        await response.BodyWriter.FlushAsync(cancellationToken);
    }

    private async Task SendAsync(string type, Action writeMembers, CancellationToken cancellationToken)
    {
        var output = response.BodyWriter;
        Encoding.UTF8.GetBytes($"event: {type}\ndata: ", output);
        WriteObject(() =>
        {
            _json.WriteString("type"u8, type);
            writeMembers();
        });
        output.Write("\n\n"u8);
        await output.FlushAsync(cancellationToken);
    }

    private void WriteObject(Action writeMembers)
    {
        _json.Reset(response.BodyWriter);
        _json.WriteStartObject();
        writeMembers();
        _json.WriteEndObject();
        _json.Flush();
    }

    private void WriteMessageHead()
    {
        _json.WriteString("id"u8, _messageId);
        _json.WriteString("type"u8, "message"u8);
        _json.WriteString("role"u8, "assistant"u8);
        _json.WriteString("model"u8, request.Model);
    }

    private void WriteToolUse(DemoToolCall call, Action<Utf8JsonWriter> writeInput)
    {
        _json.WriteStartObject();
        _json.WriteString("type"u8, "tool_use"u8);
        _json.WriteString("id"u8, call.Id);
        _json.WriteString("name"u8, call.Tool);
        _json.WritePropertyName("input"u8);
        writeInput(_json);
        _json.WriteEndObject();
    }

    private void WriteStop(DemoReply reply)
    {
        _json.WriteString("stop_reason"u8, reply.StopReason);
        _json.WriteNull("stop_sequence"u8);
    }

    private void WriteUsage(int outputTokens)
    {
        _json.WriteStartObject("usage"u8);
        _json.WriteNumber("input_tokens"u8, request.InputTokens);
        _json.WriteNumber("cache_creation_input_tokens"u8, 0);
        _json.WriteNumber("cache_read_input_tokens"u8, 0);
        _json.WriteNumber("output_tokens"u8, outputTokens);
        _json.WriteEndObject();
    }

    private static void WriteEmptyObject(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteEndObject();
    }

    private static string InputOf(DemoToolCall call)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
            call.WriteInput(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static int OutputTokens(DemoReply reply) => DemoRequest.Tokens(
        Encoding.UTF8.GetByteCount(reply.Text)
        + Encoding.UTF8.GetByteCount(reply.Thinking ?? "")
        + (reply.ToolCall is { } call ? Encoding.UTF8.GetByteCount(InputOf(call)) : 0));
}
