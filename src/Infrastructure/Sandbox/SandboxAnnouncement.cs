using Claudy.Infrastructure.Processes.ControlGroups;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Claudy.Infrastructure.Sandbox;

/// <summary>Has the sandbox chosen when the server starts, and not with the first session, and says which it is.</summary>
internal sealed partial class SandboxAnnouncement(ISandbox sandbox, ResourceControl resources, ILogger<SandboxAnnouncement> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (sandbox.IsIsolating)
        {
            LogSandbox(logger, sandbox.Description);
            if (Environment.IsPrivilegedProcess && !resources.Prepare().Controllers.HasFlag(Controllers.Processes))
            {
                LogNoProcessLimit(logger);
            }
        }
        else
        {
            LogNoSandbox(logger, sandbox.Reason);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1250, LogLevel.Information, "Sessions run in a sandbox: {Sandbox}")]
    private static partial void LogSandbox(ILogger logger, string? sandbox);

    [LoggerMessage(1252, LogLevel.Warning, "There are no control groups for processes, and the kernel exempts what root starts from the other limit, so a session can fill the process table: run this server as an ordinary user")]
    private static partial void LogNoProcessLimit(ILogger logger);

    [LoggerMessage(1251, LogLevel.Warning, "Sessions run WITHOUT a sandbox, with the rights of this server: {Reason}")]
    private static partial void LogNoSandbox(ILogger logger, string? reason);
}
