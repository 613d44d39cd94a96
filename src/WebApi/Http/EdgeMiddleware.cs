using Claudy.Application.Audit;
using Claudy.Application.Messaging;
using Claudy.WebApi.Protocol;
using Claudy.WebApi.WebSockets;

namespace Claudy.WebApi.Http;

/// <summary>What every request goes through: headers that protect browsers, the host and origin checks, and errors as problem details.</summary>
internal sealed partial class EdgeMiddleware(RequestDelegate next, OriginPolicy origins, ILogger<EdgeMiddleware> logger)
{
    private const string NothingAllowed = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public async Task InvokeAsync(HttpContext context)
    {
        ProtectBrowsers(context.Response.Headers);

        // The WebSocket endpoint refuses by a close code, which pages can see.
        if (!WebSocketEndpoint.Handles(context.Request) || !context.WebSockets.IsWebSocketRequest)
        {
            if (!origins.IsHostAllowed(context.Request))
            {
                context.NoteRefused(AuditActions.EdgeRefused, ProtocolErrors.HostRefused(), context.Request.Host.Value);
                await Problems.WriteAsync(context, ProtocolErrors.HostRefused());
                return;
            }

            if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method) && !origins.IsOriginAllowed(context.Request))
            {
                context.NoteRefused(AuditActions.EdgeRefused, ProtocolErrors.OriginRefused(), context.Request.Headers.Origin);
                await Problems.WriteAsync(context, ProtocolErrors.OriginRefused());
                return;
            }
        }

        try
        {
            await next(context);
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            var error = exception.StatusCode == StatusCodes.Status413PayloadTooLarge ? HttpErrors.RequestTooLarge() : HttpErrors.BadRequest();
            await Problems.WriteAsync(context, error, exception.StatusCode);
        }
        catch (Exception exception) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            var faultId = Guid.NewGuid().ToString("N")[..12];
            LogFault(exception, context.Request.Method, context.Request.Path, faultId);
            await Problems.WriteAsync(context, RequestErrors.Fault(faultId));
        }
    }

    private static void ProtectBrowsers(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = NothingAllowed;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }

    [LoggerMessage(430, LogLevel.Error, "{Method} {Path} failed; fault {FaultId}")]
    private partial void LogFault(Exception exception, string method, PathString path, string faultId);
}
