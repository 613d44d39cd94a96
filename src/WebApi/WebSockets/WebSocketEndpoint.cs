using System.Net.WebSockets;
using Claudy.Application.Audit;
using Claudy.Application.Audit.Ports;
using Claudy.Application.Authentication;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Messaging;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Shared;
using Claudy.WebApi.Edge;
using Claudy.WebApi.Http;
using Claudy.WebApi.Protocol;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Claudy.WebApi.WebSockets;

/// <summary><c>GET /ws</c>: lets a client in and serves it until it goes.</summary>
internal sealed class WebSocketEndpoint(
    OriginPolicy origins,
    ConnectionRegistry registry,
    FrameDispatcher dispatcher,
    SessionHub hub,
    Revocations revocations,
    BearerAuthentication authentication,
    CredentialChecks checks,
    RequestRates rates,
    IConnectionLimiter limiter,
    IAuditLog audit,
    IOptions<HttpOptions> options,
    IOptions<LimitOptions> limits,
    TimeProvider time,
    ILoggerFactory loggers)
{
    public const string Path = "/ws";
    public const string Subprotocol = "claudy.v1";

    private readonly ILogger<ClientConnection> _logger = loggers.CreateLogger<ClientConnection>();
    private readonly AddressCounts _unauthenticated = new(limits.Value.MaxUnauthenticatedPerAddress);

    /// <summary>Whether a request is for this endpoint, as routing sees it: in any case, with or without a slash at its end.</summary>
    public static bool Handles(HttpRequest request) =>
        request.Path.StartsWithSegments(Path, StringComparison.OrdinalIgnoreCase, out var rest) && (!rest.HasValue || rest == "/");

    /// <summary>Puts our stream beneath the WebSocket that the framework makes; before <c>UseWebSockets</c>.</summary>
    public static Task UseFrameStream(HttpContext context, RequestDelegate next)
    {
        if (Handles(context.Request) && context.Features.Get<IHttpUpgradeFeature>() is { } upgrade)
        {
            context.Features.Set<IHttpUpgradeFeature>(new FrameStreamUpgrade(upgrade));
        }

        return next(context);
    }

    /// <summary>Handles one request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await Problems.WriteAsync(context, ProtocolErrors.UpgradeRequired(), StatusCodes.Status426UpgradeRequired);
            return;
        }

        if (registry.IsDraining)
        {
            await Problems.WriteAsync(context, RequestErrors.ShuttingDown());
            return;
        }

        if (Refusal(context.Request) is { } refusal)
        {
            // A browser shows its page only close codes, never the status of a refused handshake.
            context.NoteRefused(AuditActions.EdgeRefused, refusal, context.Request.Headers.Origin);
            using var refused = await AcceptAsync(context);
            await refused.CloseOutputAsync(CloseCodes.Refused, refusal.Reason, context.RequestAborted);
            return;
        }

        // Null when the client brings no token: it sends an auth frame then.
        var identity = await authentication.IdentifyAsync(context);
        if (identity is { IsSuccess: false })
        {
            context.NoteRefused(AuditActions.TokenRefused, identity.Error);
            await Problems.WriteAsync(context, identity.Error);
            return;
        }

        var address = ClientAddress.Of(context);
        var place = identity is null ? _unauthenticated.TryEnter(address) : null;
        using var guard = new ConnectionGuard(address, checks, rates, revocations, place);
        if (await TooManyAsync(identity?.Value, place, context.RequestAborted) is { } tooMany)
        {
            context.NoteRefused(AuditActions.LimitExceeded, tooMany, user: identity?.Value.UserId);
            await Problems.WriteAsync(context, tooMany);
            return;
        }

        using var socket = await AcceptAsync(context);
        var stream = ((FrameStreamUpgrade)context.Features.GetRequiredFeature<IHttpUpgradeFeature>()).Stream!;
        await using var connection = new ClientConnection(
            socket, stream, dispatcher, hub, guard, limiter, new ConnectionAudit(audit, context.Origin()), options.Value, time, _logger, context.Abort);
        using var entry = registry.Add(connection);
        await connection.RunAsync(identity?.Value);
    }

    private Error? Refusal(HttpRequest request)
    {
        if (!origins.IsHostAllowed(request))
        {
            return ProtocolErrors.HostRefused();
        }

        return origins.IsOriginAllowed(request) ? null : ProtocolErrors.OriginRefused();
    }

    private async ValueTask<Error?> TooManyAsync(Identity? identity, IDisposable? place, CancellationToken cancellationToken)
    {
        if (identity is not null)
        {
            return await rates.CountAsync(identity.UserId, cancellationToken);
        }

        return place is null
            ? EdgeErrors.TooManyUnauthenticated(limits.Value.MaxUnauthenticatedPerAddress, options.Value.AuthenticationTimeout)
            : null;
    }

    private Task<WebSocket> AcceptAsync(HttpContext context) =>
        context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = context.WebSockets.WebSocketRequestedProtocols.Contains(Subprotocol) ? Subprotocol : null,
            KeepAliveInterval = options.Value.PingInterval,
            KeepAliveTimeout = options.Value.PongTimeout,
        });
}
