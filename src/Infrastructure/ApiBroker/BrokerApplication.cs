using Claudy.Application.Sessions.Ports;
using Claudy.Application.Usage.Ports;
using Claudy.Infrastructure.ApiBroker.Demo;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Claudy.Infrastructure.ApiBroker;

/// <summary>Decides what becomes of a request from a sandbox: relayed, answered by the demo model, or refused.</summary>
internal sealed class BrokerApplication(UpstreamRelay relay, IRequestMeter meter, DemoModel demo, DemoModelPolicy demoPolicy) : IHttpApplication<HttpContext>
{
    /// <summary>All that Claude Code 2.1.197 asks for on a Unix socket, with its query <c>?beta=true</c>.</summary>
    private static readonly string[] Routes = [Messages, CountTokens];

    private const string Messages = "/v1/messages";
    private const string CountTokens = "/v1/messages/count_tokens";

    // Of a fault nobody knows whether the API was asked.
    private static readonly ApiOutcome Failed = new(0, null, null, 0, IsCut: true);

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
        // Nothing is held beyond the request.
    }

    public async Task ProcessRequestAsync(HttpContext context)
    {
        var session = context.Features.GetRequiredFeature<BrokerSession>();
        if (!HttpMethods.IsPost(context.Request.Method) || Array.Find(Routes, route => context.Request.Path == route) is not { } route)
        {
            await ApiError.NotFound.WriteAsync(context);
            return;
        }

        if (!session.TryEnter())
        {
            await ApiError.TooManyRequests.WriteAsync(context);
            return;
        }

        try
        {
            await AnswerAsync(context, session, route);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException or HttpRequestException)
        {
            // The child hung up, or the session was closed: nobody is left to tell.
        }
        catch (Exception e) when (!context.Response.HasStarted && (e as BadHttpRequestException ?? e.InnerException as BadHttpRequestException) is { } bad)
        {
            var error = bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? ApiError.TooLarge : ApiError.Malformed;
            await error.WriteAsync(context);
        }
        finally
        {
            session.Leave();
        }
    }

    private async Task AnswerAsync(HttpContext context, BrokerSession session, string route)
    {
        if (session.Credential() is { } credential)
            await RelayAsync(context, session, route, credential);
        else
            await (demoPolicy.MayAnswer ? demo.AnswerAsync(context, route) : ApiError.NoCredential.WriteAsync(context));
    }

    private async Task RelayAsync(HttpContext context, BrokerSession session, string route, ClaudeCredential credential)
    {
        // The meter could not look into it.
        if (!StringValues.IsNullOrEmpty(context.Request.Headers.ContentEncoding))
        {
            await ApiError.Malformed.WriteAsync(context);
            return;
        }

        using var body = await RequestBody.ReadAsync(context.Request, session.Held, context.RequestAborted);
        if (body is null)
            await ApiError.TooMuchHeld.WriteAsync(context);
        else if (!body.TryRead(out var request))
            await ApiError.Malformed.WriteAsync(context);
        else if (route == CountTokens)
            await CountAsync(context, session, body, request, credential);
        else
            await MessageAsync(context, session, body, request, credential);
    }

    // Counting costs nothing.
    private async Task CountAsync(HttpContext context, BrokerSession session, RequestBody body, ApiRequest request, ClaudeCredential credential)
    {
        if (meter.MayUse(request.Model) is { IsSuccess: false } refused)
            await ApiError.Of(refused.Error).WriteAsync(context);
        else
            await relay.RelayAsync(context, session.Id, CountTokens, body, credential);
    }

    private async Task MessageAsync(HttpContext context, BrokerSession session, RequestBody body, ApiRequest request, ClaudeCredential credential)
    {
        var begun = await meter.BeginAsync(session.Id, request, context.RequestAborted);
        if (!begun.IsSuccess)
        {
            await ApiError.Of(begun.Error).WriteAsync(context);
            return;
        }

        var outcome = Failed;
        try
        {
            outcome = await relay.RelayAsync(context, session.Id, Messages, body, credential);
        }
        finally
        {
            begun.Value.Complete(outcome);
        }
    }
}
