using Claudy.Application.Files.Ports;
using Claudy.Infrastructure.Files.Checkpoints;
using Claudy.Infrastructure.Files.Watching;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Files;

/// <summary>Puts workspaces on the local file system.</summary>
public static class WorkspaceFilesRegistration
{
    /// <summary>Adds <see cref="IWorkspaceFiles"/> over folders; see <see cref="WorkspaceOptions"/>.</summary>
    public static IHostApplicationBuilder AddWorkspaceFiles(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);

        builder.Services.AddSingleton<IValidateOptions<WorkspaceOptions>, WorkspaceOptionsValidator>();
        builder.Services.AddOptions<WorkspaceOptions>()
            .BindConfiguration(WorkspaceOptions.Section)
            .PostConfigure<IConfiguration>(PutInDataFolder)
            .ValidateOnStart();
        builder.Services.AddSingleton(_ => BeneathResolver.Detect());
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<WorkspaceFolders>();
        builder.Services.AddSingleton<WorkspaceLocks>();
        builder.Services.AddSingleton<StorageGuard>();
        builder.Services.AddSingleton<StagingArea>();
        builder.Services.AddSingleton<StagingBudget>();
        builder.Services.AddSingleton<WorkspaceWriter>();
        builder.Services.AddSingleton<WorkspaceChanges>();
        builder.Services.AddSingleton<WorkspaceLimitBook>();
        builder.Services.AddSingleton<MeasuredTotals>();
        builder.Services.AddSingleton<WorkspaceWatcher>();
        builder.Services.AddSingleton<IWorkspaceWatch>(services => services.GetRequiredService<WorkspaceWatcher>());
        builder.Services.AddSingleton<WorkspaceUsageLedger>();
        builder.Services.AddSingleton<WorkspaceRestorer>();
        builder.Services.AddSingleton<IWorkspaceCheckpoints, GitCheckpoints>();
        builder.Services.AddSingleton<IWorkspaceFiles, WorkspaceFiles>();
        builder.Services.AddSingleton<IWorkspaceUploads, WorkspaceUploads>();
        builder.Services.AddSingleton<IWorkspaceArchives, WorkspaceArchives>();
        builder.Services.AddHostedService<StagingSweep>();
        return builder;
    }

    private static void PutInDataFolder(WorkspaceOptions options, IConfiguration configuration)
    {
        if (configuration["Claudy:Data"] is { Length: > 0 } data)
        {
            options.BasePath ??= Path.Combine(data, "workspaces");
            options.HomesPath ??= Path.Combine(data, "homes");
            options.CheckpointsPath ??= Path.Combine(data, "checkpoints");
        }
    }
}
