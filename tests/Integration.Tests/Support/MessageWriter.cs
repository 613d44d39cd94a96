using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Claudy.Integration.Tests.Support;

/// <summary>Writes one reply as the Messages API does: as server-sent events, or whole.</summary>
internal sealed class MessageWriter(HttpContext context, RecordedRequest request, Reply reply, int number)
{
    private readonly string _model = request.Body.ValueKind == JsonValueKind.Object && request.Body.TryGetProperty("model", out var model) ? model.GetString()! : "claude-scripted";

    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        if (reply.BeforeHeaders is { } gate)
            await gate.PassAsync(cancellationToken);

        context.Response.Headers["request-id"] = $"req_{number:D6}";
        if (reply.Failure is { } failure)
            await WriteErrorAsync(failure, cancellationToken);
        else if (request.IsStreaming)
            await WriteStreamAsync(cancellationToken);
        else if (reply.IsCut)
            context.Abort();
        else
            await WriteWholeAsync(cancellationToken);
    }

    private async Task WriteErrorAsync(ReplyError failure, CancellationToken cancellationToken)
    {
        context.Response.StatusCode = failure.Status;
        if (failure.RetryAfter is { } pause)
            context.Response.Headers.RetryAfter = ((int)pause.TotalSeconds).ToString();
        await WriteJsonAsync(
            new JsonObject
            {
                ["type"] = "error",
                ["error"] = new JsonObject { ["type"] = failure.Type, ["message"] = failure.Message },
                ["request_id"] = $"req_{number:D6}",
            },
            cancellationToken);
    }

    private async Task WriteWholeAsync(CancellationToken cancellationToken)
    {
        var content = new JsonArray();
        foreach (var block in reply.Blocks)
        {
            foreach (var gate in block.Holds.OrderBy(hold => hold.Key))
                await gate.Value.PassAsync(cancellationToken);
            content.Add(block switch
            {
                ReplyBlock.ToolUse tool => new JsonObject { ["type"] = "tool_use", ["id"] = tool.Id, ["name"] = tool.Name, ["input"] = JsonNode.Parse(tool.Content) },
                ReplyBlock.Thinking => new JsonObject { ["type"] = "thinking", ["thinking"] = block.Content, ["signature"] = "c2lnbmVk" },
                _ => new JsonObject { ["type"] = "text", ["text"] = block.Content },
            });
        }

        var message = Message(content);
        message["stop_reason"] = reply.StopReason;
        message["usage"]!["output_tokens"] = OutputTokens;
        await WriteJsonAsync(message, cancellationToken);
    }

    private async Task WriteStreamAsync(CancellationToken cancellationToken)
    {
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        await SendAsync("message_start", new JsonObject { ["message"] = Message([]) }, cancellationToken);
        for (var index = 0; index < reply.Blocks.Length; index++)
            await SendBlockAsync(reply.Blocks[index], index, isLast: index == reply.Blocks.Length - 1, cancellationToken);

        await SendAsync(
            "message_delta",
            new JsonObject
            {
                ["delta"] = new JsonObject { ["stop_reason"] = reply.StopReason, ["stop_sequence"] = null },
                ["usage"] = new JsonObject { ["output_tokens"] = OutputTokens },
            },
            cancellationToken);
        await SendAsync("message_stop", [], cancellationToken);
    }

    private async Task SendBlockAsync(ReplyBlock block, int index, bool isLast, CancellationToken cancellationToken)
    {
        JsonObject start = block switch
        {
            ReplyBlock.ToolUse tool => new() { ["type"] = "tool_use", ["id"] = tool.Id, ["name"] = tool.Name, ["input"] = new JsonObject() },
            ReplyBlock.Thinking => new() { ["type"] = "thinking", ["thinking"] = "", ["signature"] = "" },
            _ => new() { ["type"] = "text", ["text"] = "" },
        };
        await SendAsync("content_block_start", new JsonObject { ["index"] = index, ["content_block"] = start }, cancellationToken);
        if (index == 0)
            await SendAsync("ping", [], cancellationToken);

        for (var chunk = 0; chunk < block.Chunks.Length; chunk++)
        {
            if (block.Holds.TryGetValue(chunk, out var gate))
                await gate.PassAsync(cancellationToken);
            if (reply.ChunkDelay > TimeSpan.Zero && chunk > 0)
                await Task.Delay(reply.ChunkDelay, cancellationToken);
            await SendDeltaAsync(index, Delta(block, block.Chunks[chunk]), cancellationToken);
        }

        foreach (var gate in block.Holds.Where(hold => hold.Key >= block.Chunks.Length).OrderBy(hold => hold.Key))
            await gate.Value.PassAsync(cancellationToken);
        // Aborting would reset the connection, and the client could lose what it has not read yet; failing ends it after what was sent.
        if (reply.IsCut && isLast)
            throw new IOException("The script cuts the stream here.");

        if (block is ReplyBlock.Thinking)
            await SendDeltaAsync(index, new() { ["type"] = "signature_delta", ["signature"] = "c2lnbmVk" }, cancellationToken);
        await SendAsync("content_block_stop", new JsonObject { ["index"] = index }, cancellationToken);
    }

    private static JsonObject Delta(ReplyBlock block, string chunk) => block switch
    {
        ReplyBlock.ToolUse => new() { ["type"] = "input_json_delta", ["partial_json"] = chunk },
        ReplyBlock.Thinking => new() { ["type"] = "thinking_delta", ["thinking"] = chunk },
        _ => new() { ["type"] = "text_delta", ["text"] = chunk },
    };

    private Task SendDeltaAsync(int index, JsonObject delta, CancellationToken cancellationToken) =>
        SendAsync("content_block_delta", new JsonObject { ["index"] = index, ["delta"] = delta }, cancellationToken);

    private async Task SendAsync(string type, JsonObject data, CancellationToken cancellationToken)
    {
        data.Insert(0, "type", type);
        await context.Response.WriteAsync($"event: {type}\ndata: {data.ToJsonString()}\n\n", cancellationToken);
        await context.Response.Body.FlushAsync(cancellationToken);
    }

    private async Task WriteJsonAsync(JsonObject body, CancellationToken cancellationToken)
    {
        var bytes = Encoding.UTF8.GetBytes(body.ToJsonString());
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, cancellationToken);
    }

    private JsonObject Message(JsonArray content) => new()
    {
        ["id"] = $"msg_{number:D6}",
        ["type"] = "message",
        ["role"] = "assistant",
        ["model"] = _model,
        ["content"] = content,
        ["stop_reason"] = null,
        ["stop_sequence"] = null,
        ["usage"] = new JsonObject
        {
            ["input_tokens"] = Math.Max(1, request.BodyText.Length / 4),
            ["cache_creation_input_tokens"] = 0,
            ["cache_read_input_tokens"] = 0,
            ["output_tokens"] = 1,
            ["service_tier"] = "standard",
        },
    };

    private int OutputTokens => Math.Max(1, reply.Blocks.Sum(block => block.Content.Length) / 4);
}
