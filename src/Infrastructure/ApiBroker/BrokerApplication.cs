using Claudy.Infrastructure.ApiBroker.Demo;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Claudy.Infrastructure.ApiBroker;

/// <summary>Decides what becomes of a request from a sandbox: relayed, answered by the demo model, or refused.</summary>
internal sealed class BrokerApplication(UpstreamRelay relay, DemoModel demo, DemoModelPolicy demoPolicy) : IHttpApplication<HttpContext>
{
    /// <summary>All that Claude Code 2.1.197 asks for on a Unix socket, with its query <c>?beta=true</c>.</summary>
    private static readonly string[] Routes = ["/v1/messages", "/v1/messages/count_tokens"];

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

    private Task AnswerAsync(HttpContext context, BrokerSession session, string route)
    {
        if (session.Credential() is { } credential)
            return relay.RelayAsync(context, session.Id, route, credential);
        return demoPolicy.MayAnswer ? demo.AnswerAsync(context, route) : ApiError.NoCredential.WriteAsync(context);
    }
}
