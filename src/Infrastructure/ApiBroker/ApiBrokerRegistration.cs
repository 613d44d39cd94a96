using Claudy.Application.Sessions.Ports;
using Claudy.Infrastructure.ApiBroker.Demo;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.ApiBroker;

/// <summary>Registers the broker.</summary>
public static class ApiBrokerRegistration
{
    /// <summary>
    /// Adds <see cref="IApiBroker"/>, which runs as a hosted service. Add it before whatever runs sessions: hosted services stop in
    /// reverse order, and a session that ends kindly may still be talking.
    /// </summary>
    public static IHostApplicationBuilder AddApiBroker(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);

        builder.Services.AddSingleton<IValidateOptions<BrokerOptions>, BrokerOptionsValidator>();
        builder.Services.AddOptions<BrokerOptions>()
            .Bind(builder.Configuration.GetSection(BrokerOptions.Section))
            .Configure<IConfiguration>(ApplySharedSettings)
            .ValidateOnStart();

        builder.Services.AddSingleton<DemoModelPolicy>();
        builder.Services.AddSingleton<DemoModel>();
        builder.Services.AddSingleton<UpstreamRelay>();
        builder.Services.AddSingleton<HeldBytes>();
        builder.Services.AddSingleton<BrokerApplication>();
        builder.Services.AddSingleton<KestrelApiBroker>();
        builder.Services.AddSingleton<IApiBroker>(services => services.GetRequiredService<KestrelApiBroker>());
        builder.Services.AddHostedService(services => services.GetRequiredService<KestrelApiBroker>());
        return builder;
    }

    private static void ApplySharedSettings(BrokerOptions options, IConfiguration configuration)
    {
        if (configuration[BrokerOptions.UpstreamKey] is { Length: > 0 } upstream)
            options.Upstream = upstream;
        if (options.RuntimePath.Length == 0 && configuration["Claudy:Data"] is { Length: > 0 } data)
            options.RuntimePath = Path.Combine(data, "run");
    }
}
