using Claudy.Application.Audit;
using Claudy.Application.Messaging;
using Claudy.WebApi.Edge;
using Claudy.WebApi.Protocol;
using Claudy.WebApi.WebSockets;
using Microsoft.Extensions.Options;

namespace Claudy.WebApi.Http;

/// <summary>What every request goes through: headers that protect browsers, the host and origin checks, and errors as problem details.</summary>
internal sealed partial class EdgeMiddleware(RequestDelegate next, OriginPolicy origins, IOptions<TlsOptions> tls, ILogger<EdgeMiddleware> logger)
{
    private const string NothingAllowed = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string NoFeatures =
        "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(self), geolocation=(), gyroscope=(), "
        + "magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), publickey-credentials-get=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()";

    private readonly string? _httpsOnly = tls.Value.HstsMaxAge > TimeSpan.Zero ? $"max-age={(long)tls.Value.HstsMaxAge.TotalSeconds}" : null;

    public async Task InvokeAsync(HttpContext context)
    {
        // At the very end: a timeout clears what was set before. What a page says of itself stays.
        context.Response.OnStarting(ProtectAsync, context);

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

    private Task ProtectAsync(object state)
    {
        var context = (HttpContext)state;
        var headers = context.Response.Headers;
        headers.TryAdd("Content-Security-Policy", NothingAllowed);
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = NoFeatures;
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";

        // What somebody develops on localhost, at any port, need not speak TLS because Claudy does.
        if (_httpsOnly is not null && context.Request is { IsHttps: true, Host.Host: not "localhost" })
        {
            headers.StrictTransportSecurity = _httpsOnly;
        }

        return Task.CompletedTask;
    }

    [LoggerMessage(430, LogLevel.Error, "{Method} {Path} failed; fault {FaultId}")]
    private partial void LogFault(Exception exception, string method, PathString path, string faultId);
}
