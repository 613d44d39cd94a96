using System.Net.WebSockets;

namespace Claudy.WebApi.WebSockets;

/// <summary>Why the server closes a connection, so that a client knows whether to come back.</summary>
internal static class CloseCodes
{
    public const WebSocketCloseStatus Normal = WebSocketCloseStatus.NormalClosure;
    public const WebSocketCloseStatus GoingAway = WebSocketCloseStatus.EndpointUnavailable;
    public const WebSocketCloseStatus TooLarge = WebSocketCloseStatus.MessageTooBig;
    public const WebSocketCloseStatus Fault = WebSocketCloseStatus.InternalServerError;
    public const WebSocketCloseStatus Malformed = (WebSocketCloseStatus)4400;
    public const WebSocketCloseStatus NotAuthenticated = (WebSocketCloseStatus)4401;
    public const WebSocketCloseStatus Refused = (WebSocketCloseStatus)4403;
    public const WebSocketCloseStatus Limited = (WebSocketCloseStatus)4429;
    public const WebSocketCloseStatus TooSlow = (WebSocketCloseStatus)4490;
}
