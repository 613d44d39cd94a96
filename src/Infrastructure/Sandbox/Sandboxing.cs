using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Sandbox;

/// <summary>The sandbox that sessions run in.</summary>
public static class Sandboxing
{
    // By name, since the sandbox knows none of those sections' owners.
    private static readonly string[] PrivateSettings =
    [
        "Claudy:Data",
        "Claudy:Workspaces:BasePath",
        "Claudy:Workspaces:HomesPath",
        "Claudy:Sqlite:Path",
        "Claudy:Auth:PrivateKeyPath",
        "Claudy:Broker:RuntimePath",
    ];

    /// <summary>Adds the best sandbox that this machine has, with <see cref="SandboxOptions"/> from <c>Claudy:Sandbox</c>.</summary>
    public static IHostApplicationBuilder AddSandbox(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IValidateOptions<SandboxOptions>, SandboxOptionsValidator>();
        builder.Services.AddOptions<SandboxOptions>()
            .BindConfiguration(SandboxOptions.Section)
            .PostConfigure<IConfiguration>(Complete)
            .ValidateOnStart();
        builder.Services.AddSingleton<SandboxProbe>();
        builder.Services.AddSingleton(services => services.GetRequiredService<SandboxProbe>().Choose());
        builder.Services.AddHostedService<SandboxAnnouncement>();
        return builder;
    }

    private static void Complete(SandboxOptions options, IConfiguration configuration)
    {
        options.StatePath ??= configuration["Claudy:Data"] is { Length: > 0 } data ? Path.Combine(data, "sandbox") : null;
        foreach (var path in PrivateSettings.Select(name => configuration[name]).OfType<string>().Where(path => path.Length > 0))
        {
            options.PrivatePaths.Add(path);
        }
    }
}
