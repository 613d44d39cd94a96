using Claudy.WebApi.Hosting;
using Microsoft.Extensions.Options;

namespace Claudy.WebApi.Cli;

/// <summary>The server's services in this process, without a server: for commands that work on the data folder.</summary>
internal static class LocalServices
{
    /// <summary>Composes what <paramref name="add"/> adds. Nothing is started, and nothing is logged: standard output is the command's.</summary>
    public static IHost Compose(Action<HostApplicationBuilder> add)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory, EnvironmentName = Server.EnvironmentName });
        builder.Configuration.AddPlainNames();
        builder.Logging.ClearProviders();

        // Commands compose parts of the server: what the other parts would need is not there.
        builder.ConfigureContainer(new DefaultServiceProviderFactory(new ServiceProviderOptions()));
        add(builder);
        return builder.Build();
    }

    /// <summary>Whether a failure tells the operator by itself what to mend: a wrong setting, a folder or store that cannot be used.</summary>
    public static bool IsOperational(Exception failure) =>
        failure is OptionsValidationException or IOException or UnauthorizedAccessException or Application.Sessions.Ports.StoreUnavailableException;
}
