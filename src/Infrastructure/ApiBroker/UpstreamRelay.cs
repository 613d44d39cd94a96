using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Usage.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.ApiBroker;

/// <summary>Passes a request on to the Messages API with the session's credential, and the answer back as it comes.</summary>
internal sealed partial class UpstreamRelay(IOptions<BrokerOptions> options, ILogger<UpstreamRelay> logger) : IDisposable
{
    private const int ChunkBytes = 16 * 1024;
    private const string EventStream = "text/event-stream";
    private static readonly TimeSpan ChildPatience = TimeSpan.FromMinutes(5);
    private static readonly ApiOutcome NotSent = new(0, null, null, 0, IsCut: false);

    private readonly TimeSpan _stallTimeout = options.Value.StallTimeout;
    private readonly string _upstream = options.Value.Upstream.TrimEnd('/');

    // Not HttpClient: it has a time limit, and a turn has none.
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
        ConnectTimeout = options.Value.ConnectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
    });

    /// <summary>Relays a request and answers it.</summary>
    /// <returns>What became of it; also when the child has hung up.</returns>
    public async Task<ApiOutcome> RelayAsync(HttpContext context, SessionId session, string route, RequestBody body, ClaudeCredential credential)
    {
        // Checked here because the exception that HttpClient throws for such a value quotes it.
        if (credential.Value.Reveal().AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            await ApiError.UnusableCredential.WriteAsync(context);
            return NotSent;
        }

        using var request = Request(context.Request, route, body, credential);
        HttpResponseMessage? sent;
        try
        {
            sent = await SendAsync(request, session, context.RequestAborted);
        }
        catch (Exception e) when (IsHangUp(e, context))
        {
            return NotSent with { IsCut = true };
        }

        using var response = sent;
        if (response is null)
        {
            await ApiError.Unreachable.WriteAsync(context);
            return NotSent;
        }

        // What is on its way is in the socket; the answer may take minutes.
        body.Dispose();
        LogRelaying(session, route, (int)response.StatusCode);
        context.Response.StatusCode = (int)response.StatusCode;
        response.CopyTo(context.Response.Headers);
        if (!response.IsSuccessStatusCode)
            return new ApiOutcome((int)response.StatusCode, null, null, 0, !await CopyErrorAsync(response, context, session, credential.Value));

        var usage = UsageReader.For(response);
        var isWhole = await CopyBodyAsync(response, context, session, usage);
        return new ApiOutcome((int)response.StatusCode, usage?.Model, usage?.Usage, usage?.OutputEstimate ?? 0, !isWhole);
    }

    public void Dispose() => _client.Dispose();

    private static bool IsHangUp(Exception e, HttpContext context) =>
        context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException or HttpRequestException;

    private HttpRequestMessage Request(HttpRequest request, string route, RequestBody body, ClaudeCredential credential)
    {
        var upstream = new HttpRequestMessage(HttpMethod.Post, _upstream + route + request.QueryString.Value)
        {
            Content = new ReadOnlyMemoryContent(body.Bytes),
        };
        request.Headers.CopyTo(upstream);
        if (credential.Kind == ClaudeCredentialKind.ApiKey)
            upstream.Headers.Add("x-api-key", credential.Value.Reveal());
        else
            upstream.Headers.Authorization = new AuthenticationHeaderValue("Bearer", credential.Value.Reveal());
        if (credential.Kind == ClaudeCredentialKind.OAuthToken)
            upstream.Headers.Add(ClaudeCredential.BetaHeader, ClaudeCredential.OAuthBeta);
        return upstream;
    }

    private async Task<HttpResponseMessage?> SendAsync(HttpRequestMessage request, SessionId session, CancellationToken cancellationToken)
    {
        try
        {
            return await _client.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException e) when (!cancellationToken.IsCancellationRequested)
        {
            LogUnreachable(e, session);
            return null;
        }
        // Not the child's: the time for connecting is over.
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            LogUnreachable(e, session);
            return null;
        }
    }

    private async Task<bool> CopyErrorAsync(HttpResponseMessage response, HttpContext context, SessionId session, Secret credential)
    {
        var cancellationToken = context.RequestAborted;
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stall.CancelAfter(_stallTimeout);
        try
        {
            var body = await QuotedCredential.ReadWithoutAsync(response, credential, stall.Token);
            QuotedCredential.RemoveFrom(context.Response.Headers, credential);
            context.Response.ContentLength = body.Length;
            await context.Response.BodyWriter.WriteAsync(body, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            LogCut(e, session);
            context.Abort();
        }
        catch (Exception e) when (IsHangUp(e, context))
        {
            // Nobody is left to tell.
        }

        return false;
    }

    private async Task<bool> CopyBodyAsync(HttpResponseMessage response, HttpContext context, SessionId session, UsageReader? usage)
    {
        var cancellationToken = context.RequestAborted;
        var output = context.Response.BodyWriter;

        // What is not a stream is silent until it is whole.
        var patience = response.Content.Headers.ContentType?.MediaType == EventStream ? _stallTimeout : Timeout.InfiniteTimeSpan;
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await context.Response.StartAsync(cancellationToken);
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            while (true)
            {
                var chunk = output.GetMemory(ChunkBytes);
                var read = await ReadAsync(body, chunk, stall, patience);
                if (read == 0)
                    return true;
                usage?.Read(chunk.Span[..read]);
                output.Advance(read);
                await FlushAsync(output, stall);
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException && !cancellationToken.IsCancellationRequested)
        {
            // The child must not take half an answer for a whole one: it sees the same cut.
            LogCut(e, session);
            context.Abort();
        }
        catch (ChildIsStuckException) when (!cancellationToken.IsCancellationRequested)
        {
            LogStuck(session, ChildPatience);
            context.Abort();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Claude Code would wait for minutes; cut off, it asks again at once.
            LogStalled(session, _stallTimeout);
            context.Abort();
        }
        catch (Exception e) when (e is ChildIsStuckException || IsHangUp(e, context))
        {
            // Nobody is left to tell.
        }

        return false;
    }

    // Only the API's own silence counts, not the time in which a slow child takes what came.
    private static async ValueTask<int> ReadAsync(Stream body, Memory<byte> memory, CancellationTokenSource stall, TimeSpan patience)
    {
        stall.CancelAfter(patience);
        var read = await body.ReadAsync(memory, stall.Token);
        stall.CancelAfter(Timeout.InfiniteTimeSpan);
        return read;
    }

    // What is under way keeps money reserved, and others wait for that.
    private static async ValueTask FlushAsync(PipeWriter output, CancellationTokenSource stall)
    {
        stall.CancelAfter(ChildPatience);
        try
        {
            await output.FlushAsync(stall.Token);
        }
        catch (OperationCanceledException) when (stall.IsCancellationRequested)
        {
            throw new ChildIsStuckException();
        }

        stall.CancelAfter(Timeout.InfiniteTimeSpan);
    }

    private sealed class ChildIsStuckException : Exception;

    [LoggerMessage(2133, LogLevel.Warning, "Session {Session}: Claude Code took nothing of an answer for {Timeout}; it is cut off")]
    private partial void LogStuck(SessionId session, TimeSpan timeout);

    [LoggerMessage(2120, LogLevel.Debug, "Session {Session}: {Route} is answered with {Status}")]
    private partial void LogRelaying(SessionId session, string route, int status);

    [LoggerMessage(2121, LogLevel.Warning, "Session {Session}: the Claude API could not be reached")]
    private partial void LogUnreachable(Exception exception, SessionId session);

    [LoggerMessage(2220, LogLevel.Warning, "Session {Session}: the Claude API was silent for {Timeout} in the middle of an answer; Claude Code is cut off, to ask again")]
    private partial void LogStalled(SessionId session, TimeSpan timeout);

    [LoggerMessage(2122, LogLevel.Warning, "Session {Session}: the Claude API broke off its answer")]
    private partial void LogCut(Exception exception, SessionId session);
}
