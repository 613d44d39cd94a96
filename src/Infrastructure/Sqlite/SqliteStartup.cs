using Microsoft.Extensions.Hosting;

namespace Claudy.Infrastructure.Sqlite;

/// <summary>Opens the database before anything else starts, so that a server that cannot write says so at once.</summary>
internal sealed class SqliteStartup(SqliteWriter writer) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => writer.WriteAsync(static _ => true, cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
