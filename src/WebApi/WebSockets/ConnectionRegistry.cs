using System.Collections.Concurrent;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Users;

namespace Claudy.WebApi.WebSockets;

/// <summary>The connections of this node; closes them when the server goes away, or when what let them in is revoked.</summary>
/// <remarks>
/// Hosted services stop in the reverse order of their registration: this one is registered before the session host, so
/// that clients still see how their sessions were put to sleep.
/// </remarks>
internal sealed class ConnectionRegistry(IHostApplicationLifetime lifetime) : IHostedLifecycleService, IOpenConnections
{
    private readonly ConcurrentDictionary<ClientConnection, TaskCompletionSource> _connections = new();
    private volatile bool _isDraining;

    /// <summary>How many there are.</summary>
    public int Count => _connections.Count;

    /// <summary>Whether the server is going away.</summary>
    public bool IsDraining => _isDraining || lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Adds a connection until the answer is disposed.</summary>
    public IDisposable Add(ClientConnection connection)
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connections.TryAdd(connection, gone);
        if (_isDraining)
        {
            GoAway(connection);
        }

        return new Entry(this, connection);
    }

    public void Close(Grant revoked)
    {
        foreach (var connection in _connections.Keys)
        {
            connection.Authentication.OnRevoked(revoked);
        }
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isDraining = true;
        foreach (var connection in _connections.Keys)
        {
            GoAway(connection);
        }

        await Task.WhenAll(_connections.Values.Select(gone => gone.Task)).WaitAsync(cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static void GoAway(ClientConnection connection) => connection.Close(CloseCodes.GoingAway, "the server is going away");

    private sealed class Entry(ConnectionRegistry registry, ClientConnection connection) : IDisposable
    {
        public void Dispose()
        {
            if (registry._connections.TryRemove(connection, out var gone))
            {
                gone.TrySetResult();
            }
        }
    }
}
