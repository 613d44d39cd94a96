using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Claudy.Benchmarks;

/// <summary>A stand-in of the Messages API that streams as many pieces as the request says, each with the time it was written at.</summary>
internal static class MessagesStandIn
{
    private static readonly byte[] Start = Encoding.UTF8.GetBytes(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-sonnet-4-5\",\"content\":[],\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}\n\n");

    private static readonly byte[] End = Encoding.UTF8.GetBytes(
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":100}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");

    private static readonly string Filling = new('x', 60);

    public static async Task<int> RunAsync(string address)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapPost("/v1/messages", AnswerAsync);
        app.Urls.Add(address);
        app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine("ready"));
        await app.RunAsync();
        return 0;
    }

    /// <summary>A request for so many pieces, with so long a pause before each, and so many bytes of text.</summary>
    public static byte[] Request(int pieces, int pauseInMilliseconds, int bytes) => Encoding.UTF8.GetBytes(
        $$$"""{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"{{{new string('y', bytes)}}}"}],"metadata":{"pieces":{{{pieces}}},"pause":{{{pauseInMilliseconds}}}},"max_tokens":1000,"stream":true}""");

    private static async Task AnswerAsync(HttpContext context)
    {
        var hangUp = context.RequestAborted;
        using var body = await JsonDocument.ParseAsync(context.Request.Body, default, hangUp);
        var asked = body.RootElement.GetProperty("metadata");
        var (pieces, pause) = (asked.GetProperty("pieces").GetInt32(), asked.GetProperty("pause").GetInt32());
        context.Response.ContentType = "text/event-stream";
        var output = context.Response.BodyWriter;
        await output.WriteAsync(Start, hangUp);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Math.Max(1, pause)));
        for (var i = 0; i < pieces; i++)
        {
            if (pause > 0)
            {
                await timer.WaitForNextTickAsync(hangUp);
            }

            var piece = Encoding.UTF8.GetBytes(
                $"event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{Stopwatch.GetTimestamp():D20}{Filling}\"}}}}\n\n");
            await output.WriteAsync(piece, hangUp);
        }

        await output.WriteAsync(End, hangUp);
    }
}
