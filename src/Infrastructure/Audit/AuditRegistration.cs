using Claudy.Application.Audit.Ports;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Audit;

/// <summary>The audit log: JSON lines in the data folder.</summary>
public static class AuditRegistration
{
    /// <summary>Adds <see cref="IAuditLog"/> and <see cref="IAuditTrail"/>; the log is opened at start, and one that cannot be written stops it.</summary>
    public static IHostApplicationBuilder AddAuditLog(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);

        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IValidateOptions<AuditOptions>, AuditOptionsValidator>();
        services.AddOptions<AuditOptions>().BindConfiguration(AuditOptions.Section)
            .PostConfigure<IConfiguration>((options, configuration) => options.Path = Locate(options.Path, configuration["Claudy:Data"]))
            .ValidateOnStart();
        services.AddSingleton<IAuditLog, FileAuditLog>();
        services.AddSingleton<IAuditTrail, FileAuditTrail>();
        services.AddHostedService<AuditStartup>();
        return builder;
    }

    private static string Locate(string path, string? dataFolder)
    {
        if (string.IsNullOrWhiteSpace(path) || Path.IsPathFullyQualified(path))
        {
            return path;
        }

        return string.IsNullOrWhiteSpace(dataFolder) ? "" : Path.Combine(dataFolder, path);
    }
}
