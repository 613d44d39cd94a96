using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Claudy.Infrastructure.ApiBroker.Demo;

/// <summary>A Messages API within the process, for those who have no key yet.</summary>
internal sealed class DemoModel(TimeProvider time)
{
    private static readonly TimeSpan WordPause = TimeSpan.FromMilliseconds(15);

    public async Task AnswerAsync(HttpContext context, string route)
    {
        if (await ReadAsync(context) is not { } request)
        {
            await ApiError.Malformed.WriteAsync(context);
            return;
        }

        using var writer = new DemoWriter(context.Response, request);
        if (route.EndsWith("/count_tokens", StringComparison.Ordinal))
            await writer.WriteTokenCountAsync(context.RequestAborted);
        else if (request.IsStreaming)
            await StreamAsync(writer, DemoScript.Answer(request), request, context.RequestAborted);
        else
            await writer.WriteWholeAsync(DemoScript.Answer(request), context.RequestAborted);
    }

    private static async Task<DemoRequest?> ReadAsync(HttpContext context)
    {
        try
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
            return DemoRequest.Read(body.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task StreamAsync(DemoWriter writer, DemoReply reply, DemoRequest request, CancellationToken cancellationToken)
    {
        var index = 0;
        await writer.StartMessageAsync(cancellationToken);
        if (reply.Thinking is { } thinking && request.WantsThinking)
            await StreamWordsAsync(writer, index++, "thinking", thinking, cancellationToken);
        await StreamWordsAsync(writer, index++, "text", reply.Text, cancellationToken);
        if (reply.ToolCall is { } call)
            await writer.WriteToolCallAsync(index, call, cancellationToken);
        await writer.EndMessageAsync(reply, cancellationToken);
    }

    private async Task StreamWordsAsync(DemoWriter writer, int index, string kind, string text, CancellationToken cancellationToken)
    {
        await writer.StartTextAsync(index, kind, cancellationToken);
        for (var start = 0; start < text.Length;)
        {
            var space = text.IndexOf(' ', start);
            var end = space < 0 ? text.Length : space + 1;
            await writer.WriteDeltaAsync(index, kind, text.AsMemory(start, end - start), cancellationToken);
            await Task.Delay(WordPause, time, cancellationToken);
            start = end;
        }

        if (kind == "thinking")
            await writer.SignAsync(index, cancellationToken);
        await writer.EndBlockAsync(index, cancellationToken);
    }
}
