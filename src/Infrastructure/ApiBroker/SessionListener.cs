using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Claudy.Infrastructure.ApiBroker;

/// <summary>
/// A transport for Kestrel whose connections come from the sockets of all sessions. Kestrel binds its endpoints once, at start;
/// sessions come and go, so they bind their own sockets and hand over what they accept.
/// </summary>
internal sealed class SessionListener : IConnectionListenerFactory, IConnectionListener
{
    private readonly Channel<ConnectionContext> _accepted = Channel.CreateBounded<ConnectionContext>(64);

    /// <summary>Where sessions put accepted connections; full when Kestrel does not keep up.</summary>
    public ChannelWriter<ConnectionContext> Accepted => _accepted.Writer;

    public EndPoint EndPoint { get; } = new SessionsEndPoint();

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await _accepted.Reader.ReadAsync(cancellationToken);
        }
        catch (ChannelClosedException)
        {
            // How a listener tells Kestrel that no connection will follow.
            return null;
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _accepted.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _accepted.Writer.TryComplete();
        while (_accepted.Reader.TryRead(out var connection))
            await connection.DisposeAsync();
    }

    private sealed class SessionsEndPoint : EndPoint
    {
        public override string ToString() => "sessions";
    }
}
