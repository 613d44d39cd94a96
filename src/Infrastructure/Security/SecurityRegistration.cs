using Claudy.Application.Authentication.Ports;
using Claudy.Application.Credentials.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Claudy.Infrastructure.Security;

/// <summary>Tokens and credentials.</summary>
public static class SecurityRegistration
{
    /// <summary>Adds <see cref="ITokenIssuer"/>, <see cref="ICredentialVault"/>, <see cref="ICredentialSealer"/> and <see cref="IMcpServerVault"/>; see <see cref="SigningKeyOptions"/>, <see cref="CredentialOptions"/> and <see cref="EncryptionOptions"/>.</summary>
    public static IHostApplicationBuilder AddSecurity(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);

        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);

        services.AddOptions<SigningKeyOptions>().BindConfiguration(SigningKeyOptions.Section);
        services.AddSingleton<SigningKeyFile>();
        services.AddSingleton<SigningKey>();
        services.AddSingleton<ITokenIssuer, JwtTokenIssuer>();
        services.AddHostedService<SigningKeyCheck>();

        services.AddOptions<CredentialOptions>().BindConfiguration(CredentialOptions.Section);
        services.AddSingleton<ICredentialVault, CredentialVault>();
        services.AddOptions<EncryptionOptions>().BindConfiguration(EncryptionOptions.Section);
        services.AddSingleton<EncryptionKeyRing>();
        services.AddSingleton<ICredentialSealer, CredentialSealer>();
        services.AddSingleton<IMcpServerVault, McpServerVault>();
        return builder;
    }

    /// <summary>Loads the signing key when the host starts, so that a bad one stops the start and not the first sign-in.</summary>
    private sealed class SigningKeyCheck(IServiceProvider services) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            services.GetRequiredService<SigningKey>();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
