using System.Net.WebSockets;
using Claudy.Domain.Shared;
using Claudy.WebApi.Http;
using Claudy.WebApi.Protocol;

namespace Claudy.WebApi.WebSockets;

/// <summary>Why a frame is not handled.</summary>
/// <param name="Error">What the client is told.</param>
/// <param name="Close">With which code the connection closes; null to go on.</param>
internal sealed record FrameRefusal(Error Error, WebSocketCloseStatus? Close = null);

/// <summary>Decides which frames of a connection are handled at all: their size, form, rate and type.</summary>
internal sealed class FrameGate(HttpOptions options, TimeProvider time)
{
    private readonly FrameRate _rate = new(options.FramesPerSecond, options.FrameBurst, time);
    private int _malformed;

    /// <summary>Looks at a frame.</summary>
    /// <returns>Null when it is to be handled by <paramref name="definition"/>.</returns>
    public FrameRefusal? Admit(ReceivedFrame received, int maxBytes, bool isAuthenticated, out ClientFrame frame, out FrameDefinition? definition)
    {
        frame = new ClientFrame();
        definition = null;
        switch (received.Kind)
        {
            case ReceivedKind.TooLarge:
                return new FrameRefusal(ProtocolErrors.TooLarge(maxBytes), CloseCodes.TooLarge);
            case ReceivedKind.Binary:
                return Malformed(ProtocolErrors.Malformed("it is binary; send text frames"));
        }

        if (FrameCodec.Decode(received.Bytes, out frame) is { } error)
        {
            return Malformed(error);
        }

        if (!_rate.TryTake())
        {
            return new FrameRefusal(ProtocolErrors.TooManyFrames(options.FramesPerSecond), _rate.IsHopeless ? CloseCodes.Limited : null);
        }

        definition = FrameCatalogue.Find(frame.Type);
        if (!isAuthenticated && definition is not { NeedsAuthentication: false })
        {
            return new FrameRefusal(ProtocolErrors.NotAuthenticated());
        }

        return definition is null ? new FrameRefusal(ProtocolErrors.UnknownType(frame.Type)) : null;
    }

    private FrameRefusal Malformed(Error error) =>
        new(error, ++_malformed >= options.MaxMalformedFrames ? CloseCodes.Malformed : null);
}
