using Claudy.Application.Sessions.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>Composes the agent.</summary>
public static class ClaudeAgentRegistration
{
    /// <summary>Adds the Claude Code CLI as the agent. Needs processes and a sandbox to be added as well.</summary>
    public static IHostApplicationBuilder AddClaudeAgent(this IHostApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IValidateOptions<ClaudeOptions>, ClaudeOptionsValidator>();
        builder.Services.AddOptions<ClaudeOptions>().BindConfiguration(ClaudeOptions.Section).ValidateOnStart();
        builder.Services.AddSingleton<IAgentLauncher, ClaudeAgentLauncher>();
        builder.Services.AddSingleton<IWorkspaceConfigurationReader, ClaudeWorkspaceReader>();
        return builder;
    }
}
