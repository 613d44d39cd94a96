using Claudy.Application.Sessions.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Egress;

/// <summary>Registers the proxy.</summary>
public static class EgressRegistration
{
    /// <summary>Adds <see cref="IEgressProxy"/>, with its settings from <c>Claudy:Network</c>.</summary>
    public static IHostApplicationBuilder AddEgressProxy(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IValidateOptions<EgressOptions>, EgressOptionsValidator>();
        builder.Services.AddSingleton<IValidateOptions<EgressOptions>, PrivateNetworksValidator>();
        builder.Services.AddOptions<EgressOptions>().BindConfiguration(EgressOptions.Section).ValidateOnStart();
        builder.Services.AddSingleton<IHostResolver, SystemHostResolver>();
        builder.Services.AddSingleton<EgressConnector>();
        builder.Services.AddSingleton<IEgressProxy, EgressProxy>();
        return builder;
    }
}
