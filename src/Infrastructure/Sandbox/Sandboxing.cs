using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Sandbox;

/// <summary>The sandbox that sessions run in.</summary>
public static class Sandboxing
{
    /// <summary>Adds the best sandbox that this machine has, with <see cref="SandboxOptions"/> from <c>Claudy:Sandbox</c>.</summary>
    public static IHostApplicationBuilder AddSandbox(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IValidateOptions<SandboxOptions>, SandboxOptionsValidator>();
        builder.Services.AddOptions<SandboxOptions>()
            .BindConfiguration(SandboxOptions.Section)
            .PostConfigure<IConfiguration>((options, configuration) =>
                options.StatePath ??= configuration["Claudy:Data"] is { Length: > 0 } data ? Path.Combine(data, "sandbox") : null)
            .ValidateOnStart();
        builder.Services.AddSingleton<SandboxProbe>();
        builder.Services.AddSingleton(services => services.GetRequiredService<SandboxProbe>().Choose());
        builder.Services.AddHostedService<SandboxAnnouncement>();
        return builder;
    }
}
