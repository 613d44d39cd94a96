using Claudy.Application.Audit;
using Claudy.Application.Audit.Ports;
using Microsoft.Extensions.Hosting;

namespace Claudy.Infrastructure.Audit;

/// <summary>Records that the server starts and stops, before all else and after it; a log that cannot be written stops the start.</summary>
internal sealed class AuditStartup(IAuditLog log) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => log.AppendAsync(Of("server.started"), cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        log.Post(Of("server.stopped"));
        return Task.CompletedTask;
    }

    private static AuditEntry Of(string action) => new(action, AuditOutcome.Done)
    {
        Credential = AuditCredential.Server,
        Details = new AuditAct("").With("process", Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture)).Details,
    };
}
