using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Claudy.Integration.Tests.Support;

/// <summary>
/// A stand-in of Anthropic's Messages API that says what the test tells it to. Only requests of the conversation use up the script;
/// Claude Code's side requests and everything else it asks for get harmless answers.
/// </summary>
public sealed class ScriptedMessagesApi : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Reply> _script = new();
    private readonly List<RecordedRequest> _requests = [];
    private TaskCompletionSource _arrival = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _number;

    private ScriptedMessagesApi(WebApplication app) => _app = app;

    /// <summary>Such as <c>http://127.0.0.1:41234/</c>.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Answers conversation requests once the queue is empty. By default they get a 400, which Claude Code does not retry.</summary>
    public Func<RecordedRequest, Reply> Otherwise { get; set; } = _ => Reply.Error(400, "the test's script is used up");

    /// <summary>Answers side requests: those that offer no tools.</summary>
    public Func<RecordedRequest, Reply> OnSideRequest { get; set; } = _ => Reply.Text("""{"title":"A scripted session"}""");

    /// <summary>Refuses checks of keys; null for those that it takes, which by default are all.</summary>
    public Func<RecordedRequest, Reply?> OnKeyCheck { get; set; } = _ => null;

    /// <summary>Everything that was asked so far.</summary>
    public IReadOnlyList<RecordedRequest> Requests
    {
        get
        {
            lock (_requests)
                return [.. _requests];
        }
    }

    /// <summary>The requests of the conversation so far.</summary>
    public IReadOnlyList<RecordedRequest> Conversation => [.. Requests.Where(request => request.IsConversation)];

    /// <summary>Starts listening on a free loopback port and, if given, on a Unix socket.</summary>
    public static async Task<ScriptedMessagesApi> StartAsync(string? socketPath = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0);
            if (socketPath is not null)
                kestrel.ListenUnixSocket(socketPath);
        });
        var app = builder.Build();
        var api = new ScriptedMessagesApi(app);
        app.Run(api.HandleAsync);
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        api.Address = new Uri(addresses.First(address => address.StartsWith("http://127.0.0.1:", StringComparison.Ordinal)));
        return api;
    }

    /// <summary>Adds replies to the script; each is used once, in order, whatever session asks.</summary>
    public void Enqueue(params IEnumerable<Reply> replies)
    {
        foreach (var reply in replies)
            _script.Enqueue(reply);
    }

    /// <summary>The first request that fits, waiting for it to come if it has not.</summary>
    /// <exception cref="TimeoutException">None came in time.</exception>
    public async Task<RecordedRequest> WaitForAsync(Func<RecordedRequest, bool> predicate, TimeSpan? timeout = null)
    {
        using var deadline = new CancellationTokenSource(timeout ?? TimeSpan.FromSeconds(20));
        while (true)
        {
            Task next;
            lock (_requests)
            {
                if (_requests.Find(request => predicate(request)) is { } found)
                    return found;
                next = _arrival.Task;
            }

            try
            {
                await next.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException e)
            {
                throw new TimeoutException($"No such request among the {Requests.Count} that came.", e);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Held streams would keep a graceful stop waiting.
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = context.RequestAborted.Register(() => aborted.TrySetResult());
        var request = await ReadAsync(context, aborted.Task);
        var number = Interlocked.Increment(ref _number);
        Record(request);

        try
        {
            await AnswerAsync(context, request, number);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client hung up. The registration may not have run yet, and will not once it is disposed.
            aborted.TrySetResult();
        }
    }

    private Task AnswerAsync(HttpContext context, RecordedRequest request, int number)
    {
        var cancellationToken = context.RequestAborted;
        switch (request.Method, request.Path)
        {
            case ("POST", "/v1/messages"):
                return new MessageWriter(context, request, Choose(request), number).WriteAsync(cancellationToken);
            case ("POST", "/v1/messages/count_tokens"):
                context.Response.ContentType = "application/json";
                return context.Response.WriteAsync($$"""{"input_tokens":{{Math.Max(1, request.BodyText.Length / 4)}}}""", cancellationToken);
            case ("GET", "/v1/models") when OnKeyCheck(request) is { } refusal:
                return new MessageWriter(context, request, refusal, number).WriteAsync(cancellationToken);
            case ("GET", "/v1/models"):
                context.Response.ContentType = "application/json";
                return context.Response.WriteAsync("""{"data":[],"has_more":false,"first_id":null,"last_id":null}""", cancellationToken);
            case ("HEAD" or "GET", "/"):
                return Task.CompletedTask;
            default:
                return new MessageWriter(context, request, Reply.Error(404, "Not found"), number).WriteAsync(cancellationToken);
        }
    }

    private Reply Choose(RecordedRequest request)
    {
        if (!request.IsConversation)
            return OnSideRequest(request);
        return _script.TryDequeue(out var reply) ? reply : Otherwise(request);
    }

    private void Record(RecordedRequest request)
    {
        TaskCompletionSource arrived;
        lock (_requests)
        {
            _requests.Add(request);
            arrived = _arrival;
            _arrival = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        arrived.SetResult();
    }

    private static async Task<RecordedRequest> ReadAsync(HttpContext context, Task aborted)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        return new RecordedRequest(
            context.Request.Method,
            context.Request.Path.Value ?? "",
            context.Request.QueryString.Value ?? "",
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            await reader.ReadToEndAsync(context.RequestAborted),
            aborted);
    }
}
