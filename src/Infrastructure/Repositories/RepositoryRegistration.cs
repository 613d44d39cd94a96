using Claudy.Application.Files.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Repositories;

/// <summary>Registers what fetches repositories.</summary>
public static class RepositoryRegistration
{
    /// <summary>Adds <see cref="IRepositoryCloner"/>, with its settings from <c>Claudy:Repositories</c>.</summary>
    public static IHostApplicationBuilder AddRepositories(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IValidateOptions<RepositoryOptions>, RepositoryOptionsValidator>();
        builder.Services.AddSingleton<IValidateOptions<RepositoryOptions>, CertificatesPathValidator>();
        builder.Services.AddOptions<RepositoryOptions>().BindConfiguration(RepositoryOptions.Section).ValidateOnStart();
        builder.Services.AddSingleton<IRepositoryCloner, GitCloner>();
        return builder;
    }
}
