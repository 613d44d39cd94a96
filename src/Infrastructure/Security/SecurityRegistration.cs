using Claudy.Application.Authentication.Ports;
using Claudy.Application.Credentials.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Security;

/// <summary>Tokens and credentials.</summary>
public static class SecurityRegistration
{
    /// <summary>Adds <see cref="ITokenIssuer"/>, <see cref="ISigningKeys"/>, <see cref="IConsoleSignInCodes"/>, <see cref="ICredentialVault"/>, <see cref="ICredentialSealer"/> and <see cref="IMcpServerVault"/>; see <see cref="SigningKeyOptions"/>, <see cref="CredentialOptions"/> and <see cref="EncryptionOptions"/>.</summary>
    public static IHostApplicationBuilder AddSecurity(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);

        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);

        services.AddSingleton<IValidateOptions<SigningKeyOptions>, SigningKeyOptionsValidator>();
        services.AddOptions<SigningKeyOptions>().BindConfiguration(SigningKeyOptions.Section).ValidateOnStart();
        services.AddSingleton<SigningKeyFiles>();
        services.AddSingleton<SigningKeyRing>();
        services.AddSingleton<ISigningKeys>(provider => provider.GetRequiredService<SigningKeyRing>());
        services.AddSingleton<ITokenIssuer, JwtTokenIssuer>();
        services.AddHostedService<SigningKeyWatch>();
        services.AddSingleton<IConsoleSignInCodes, ConsoleSignInCodeFolder>();

        services.AddOptions<CredentialOptions>().BindConfiguration(CredentialOptions.Section);
        services.AddSingleton<ICredentialVault, CredentialVault>();
        services.AddOptions<EncryptionOptions>().BindConfiguration(EncryptionOptions.Section);
        services.AddSingleton<EncryptionKeyRing>();
        services.AddSingleton<ICredentialSealer, CredentialSealer>();
        services.AddSingleton<IMcpServerVault, McpServerVault>();
        return builder;
    }
}
