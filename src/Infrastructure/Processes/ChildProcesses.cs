using Claudy.Application.Sessions.Ports;
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
        builder.Services.AddOptions<ProcessOptions>().BindConfiguration(ProcessOptions.Section).ValidateOnStart();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IProcessSpawner, ProcessSpawner>();
        builder.Services.AddSingleton<INodeMemory, NodeMemory>();
        return builder;
    }
}
