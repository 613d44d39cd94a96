using Claudy.Application.Files.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Scanning;

/// <summary>Registers what judges content before it gets into a workspace.</summary>
public static class ScanningRegistration
{
    /// <summary>Adds <see cref="IContentScanner"/>: the built-in rules, and ClamAV when <c>Claudy:ClamAv:Address</c> is set.</summary>
    public static IHostApplicationBuilder AddContentScanning(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IValidateOptions<ContentPolicyOptions>, ContentPolicyOptionsValidator>();
        builder.Services.AddOptions<ContentPolicyOptions>().BindConfiguration(ContentPolicyOptions.Section).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<ClamAvOptions>, ClamAvOptionsValidator>();
        builder.Services.AddSingleton<IValidateOptions<ClamAvOptions>, ClamAvAddressValidator>();
        builder.Services.AddOptions<ClamAvOptions>().BindConfiguration(ClamAvOptions.Section).ValidateOnStart();
        builder.Services.AddSingleton<BuiltInScanner>();
        builder.Services.AddSingleton<ClamAvScanner>();
        builder.Services.AddSingleton<IContentScanner>(services => new CombinedScanner(
        [
            services.GetRequiredService<BuiltInScanner>(),
            .. services.GetRequiredService<IOptions<ClamAvOptions>>().Value.IsSet ? [services.GetRequiredService<ClamAvScanner>()] : Array.Empty<IContentScanner>(),
        ]));
        return builder;
    }
}
