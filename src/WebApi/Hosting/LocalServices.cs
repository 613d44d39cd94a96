using Claudy.Application;
using Claudy.Infrastructure.Agents.Claude;
using Claudy.Infrastructure.Audit;
using Claudy.Infrastructure.Processes;
using Claudy.Infrastructure.Sandbox;
using Claudy.Infrastructure.Scanning;
using Claudy.Infrastructure.Security;
using Claudy.Infrastructure.Sqlite;
using Microsoft.Extensions.Options;

namespace Claudy.WebApi.Hosting;

/// <summary>The server's services in this process, without a server: for commands that work on the data folder.</summary>
internal static class LocalServices
{
    /// <summary>What issues tokens: the use cases over the data folder's store and signing key.</summary>
    public static IHost ComposeForTokens() => Compose(builder => builder.AddApplication().AddSqliteStores().AddSecurity().AddAuditLog());

    /// <summary>The audit log and the use cases that read it.</summary>
    public static IHost ComposeForAudit() => Compose(builder => builder.AddApplication().AddAuditLog());

    /// <summary>What looks after keys: the use cases over the data folder's store and key files.</summary>
    public static IHost ComposeForKeys() => ComposeForTokens();

    /// <summary>The parts of the server that <c>claudy doctor</c> asks, with the server's own settings.</summary>
    public static IHost ComposeForExamination() => Compose(builder =>
    {
        ListeningPolicy.Apply(builder.Configuration);
        builder.AddProcesses().AddSandbox().AddClaudeAgent().AddSecurity().AddContentScanning();
    });

    /// <summary>Whether a failure tells the operator by itself what to mend: a wrong setting, a folder or store that cannot be used.</summary>
    public static bool IsOperational(Exception failure) =>
        failure is OptionsValidationException or StartupException or IOException or UnauthorizedAccessException or Application.Sessions.Ports.StoreUnavailableException;

    // Nothing is started, and nothing is logged: standard output is the command's.
    private static IHost Compose(Action<HostApplicationBuilder> add)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory, EnvironmentName = Server.EnvironmentName });
        builder.Configuration.AddPlainNames();
        builder.Logging.ClearProviders();

        // Commands compose parts of the server: what the other parts would need is not there.
        builder.ConfigureContainer(new DefaultServiceProviderFactory(new ServiceProviderOptions()));
        add(builder);
        return builder.Build();
    }
}
