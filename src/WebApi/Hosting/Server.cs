using Claudy.Application;
using Claudy.Application.Authentication;
using Claudy.Application.Authentication.Ports;
using Claudy.Infrastructure.Agents.Claude;
using Claudy.Infrastructure.Anthropic;
using Claudy.Infrastructure.ApiBroker;
using Claudy.Infrastructure.Audit;
using Claudy.Infrastructure.Egress;
using Claudy.Infrastructure.Files;
using Claudy.Infrastructure.GitHub;
using Claudy.Infrastructure.InProcess;
using Claudy.Infrastructure.Processes;
using Claudy.Infrastructure.Repositories;
using Claudy.Infrastructure.Sandbox;
using Claudy.Infrastructure.Scanning;
using Claudy.Infrastructure.Security;
using Claudy.Infrastructure.Sqlite;
using Claudy.WebApi.Edge;
using Claudy.WebApi.Http;
using Claudy.WebApi.Http.Files;
using Claudy.WebApi.WebSockets;
using Microsoft.Extensions.Options;

namespace Claudy.WebApi.Hosting;

/// <summary>Composes the server: the one place that knows every adapter.</summary>
internal static class Server
{
    // Production is what an operator names so, as the container image does: someone who just tries it gets the demo model.
    private const string LocalEnvironment = "Local";
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The environment that was named, or the local one.</summary>
    public static string EnvironmentName { get; } =
        Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") ?? Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") ?? LocalEnvironment;

    /// <summary>Builds the server, ready to start.</summary>
    /// <param name="args">Settings of the command line.</param>
    /// <param name="change">Changes the composition before it is built; for tests.</param>
    /// <exception cref="StartupException">A setting or the machine does not allow it.</exception>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? change = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = args,
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = EnvironmentName,
        });
        builder.Configuration.AddPlainNames();
        builder.Services.AddSingleton(new BannerOutput(Console.Out));
        builder.AddLogging();
        builder.AddEdge();
        builder.AddAuditLog();
        builder.AddSqliteStores();
        builder.AddInProcessCoordination();
        builder.AddContentScanning();
        builder.AddWorkspaceFiles();
        builder.AddSecurity();
        builder.AddGitHub();
        builder.AddAnthropicKeyCheck();
        builder.AddProcesses();
        builder.AddSandbox();
        builder.AddApiBroker();
        builder.AddEgressProxy();
        builder.AddClaudeAgent();
        builder.AddRepositories();

        // Last, and so the first to stop: sessions end while all that they need is still there.
        builder.AddApplication();
        change?.Invoke(builder);

        var modes = SignInModes.Of(builder.Configuration);
        builder.Services.AddSingleton(modes);
        builder.Services.AddSingleton(services => new SignInMethods(modes.Local, modes.GitHub ? services.GetRequiredService<IOptions<GitHubOptions>>().Value.Issuer : null));
        ListeningPolicy.Apply(builder.Configuration);
        var data = DataFolder.Take(builder.Configuration[DataFolder.Key]!);
        builder.Configuration[DataFolder.Key] = data.Path;
        builder.Services.AddSingleton(_ => data);

        try
        {
            return Map(builder.Build(), modes);
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    private static void AddLogging(this WebApplicationBuilder builder)
    {
        // Standard output is for what the operator asked to see: the address and the sign-in link.
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
        });
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("System", LogLevel.Warning);

        builder.Services.PostConfigure<LoggerFilterOptions>(KeepAddressesOut);
    }

    // Request lines have whole addresses in them, and a sign-in link's is worth a token. Rules for one provider come before those for all.
    private static void KeepAddressesOut(LoggerFilterOptions filters)
    {
        foreach (var provider in filters.Rules.Select(rule => rule.ProviderName).Append(null).Distinct(StringComparer.Ordinal).ToList())
        {
            filters.Rules.Add(new LoggerFilterRule(provider, "Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning, null));
        }
    }

    private static void AddEdge(this WebApplicationBuilder builder)
    {
        builder.Services.AddEdgeProtection();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddSingleton<IValidateOptions<HttpOptions>, HttpOptionsValidator>();
        builder.Services.AddOptions<HttpOptions>().BindConfiguration(HttpOptions.Section).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<GitHubCallbackOptions>, GitHubCallbackOptionsValidator>();
        builder.Services.AddOptions<GitHubCallbackOptions>().BindConfiguration(GitHubCallbackOptions.Section).ValidateOnStart();
        builder.Services.AddHostedService<IsolationRequirement>();
        builder.Services.AddSingleton<OriginPolicy>();
        builder.Services.AddSingleton<AgentProbe>();
        builder.Services.AddSingleton<HealthEndpoints>();
        builder.Services.AddSingleton<BearerAuthentication>();
        builder.Services.AddSingleton<SessionHub>();
        builder.Services.AddSingleton<FrameDispatcher>();
        builder.Services.AddSingleton<WebSocketEndpoint>();
        builder.Services.AddSingleton<ConnectionRegistry>();
        builder.Services.AddSingleton<IOpenConnections>(services => services.GetRequiredService<ConnectionRegistry>());
        builder.Services.AddHostedService(services => services.GetRequiredService<ConnectionRegistry>());
        builder.Services.AddHostedService<StartBanner>();
    }

    private static WebApplication Map(WebApplication app, SignInModes modes)
    {
        app.Services.GetRequiredService<TrustedProxies>().Use(app);
        app.Use(WebSocketEndpoint.UseFrameStream);
        app.UseWebSockets();
        app.Use(RequestOrigin.UseAsync);
        app.UseEdgeProtection();
        app.UseRouting();
        app.UseRequestTimeouts();
        app.MapGet(WebSocketEndpoint.Path, app.Services.GetRequiredService<WebSocketEndpoint>().HandleAsync).DisableRequestTimeout();
        app.Services.GetRequiredService<HealthEndpoints>().Map(app);
        app.MapSignIn(modes.Local);
        app.MapTokens();
        app.MapPersonalTokens();
        app.MapProfile();
        if (modes.GitHub)
        {
            app.MapGitHub();
        }

        app.MapSessions();
        app.MapFiles();
        app.MapUsage();
        app.MapCredentials();

        // By default a fallback leaves out whatever looks like a file.
        app.MapFallback("{*path}", context => Problems.WriteAsync(context, HttpErrors.NoSuchPage()));
        return app;
    }
}
