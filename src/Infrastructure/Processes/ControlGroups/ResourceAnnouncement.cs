using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Claudy.Infrastructure.Processes.ControlGroups;

/// <summary>Has the control groups made ready when the server starts, and not with the first session, and says what they limit.</summary>
internal sealed partial class ResourceAnnouncement(ResourceControl control, ILogger<ResourceAnnouncement> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var support = control.Prepare();
        if (support.Means is { } means)
        {
            LogLimited(logger, support.Controllers.ToPlain(), means);
        }

        if (support.Unlimited is { } unlimited)
        {
            LogUnlimited(logger, unlimited);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1263, LogLevel.Information, "Each session is limited in {Resources} by {Means}")]
    private static partial void LogLimited(ILogger logger, string resources, string means);

    [LoggerMessage(1264, LogLevel.Warning, "Sessions are NOT limited in {Unlimited}. claudy doctor says how to get that")]
    private static partial void LogUnlimited(ILogger logger, string unlimited);
}
