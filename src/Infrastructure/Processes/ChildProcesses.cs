using Claudy.Application.Sessions.Ports;
using Claudy.Infrastructure.Processes.ControlGroups;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Processes;

/// <summary>Child processes that are read without waste and leave nothing behind.</summary>
public static class ChildProcesses
{
    /// <summary>Adds the spawner, with <see cref="ProcessOptions"/> from <c>Claudy:Processes</c>.</summary>
    public static IHostApplicationBuilder AddProcesses(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IValidateOptions<ProcessOptions>, ProcessOptionsValidator>();
        builder.Services.AddOptions<ProcessOptions>()
            .BindConfiguration(ProcessOptions.Section)
            .PostConfigure<IConfiguration>((options, configuration) => options.DataPath = configuration["Claudy:Data"] is { Length: > 0 } data ? data : null)
            .ValidateOnStart();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<ResourceControl>();
        builder.Services.AddSingleton<IProcessSpawner, ProcessSpawner>();
        builder.Services.AddSingleton<INodeMemory, NodeMemory>();
        builder.Services.AddHostedService<ResourceAnnouncement>();
        return builder;
    }
}
