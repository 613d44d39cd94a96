using Claudy.Application.Authentication.Ports;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Usage.Ports;
using Claudy.Application.Users.Ports;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Sqlite;

/// <summary>The embedded stores: one SQLite database in the data folder.</summary>
public static class SqliteStores
{
    /// <summary>Adds the event log and the stores of sessions, search, users, rules, tokens, credentials and usage; the database is made or brought up to date at start.</summary>
    public static IHostApplicationBuilder AddSqliteStores(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<SqliteOptions>()
            .BindConfiguration(SqliteOptions.Section)
            .PostConfigure<IConfiguration>(static (options, configuration) => options.Path = Locate(options.Path, configuration["Claudy:Data"]))
            .ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<SqliteOptions>, SqliteOptionsValidator>();

        builder.Services.AddSingleton<SqliteDatabase>();
        builder.Services.AddSingleton<SqliteWriter>();
        builder.Services.AddSingleton<SqliteReaders>();
        builder.Services.AddHostedService<SqliteStartup>();

        builder.Services.AddSingleton<ISessionEventLog, SqliteSessionEventLog>();
        builder.Services.AddSingleton<ISessionStore, SqliteSessionStore>();
        builder.Services.AddSingleton<ISessionSearch, SqliteSessionSearch>();
        builder.Services.AddSingleton<IUserStore, SqliteUserStore>();
        builder.Services.AddSingleton<IPermissionRuleStore, SqlitePermissionRuleStore>();
        builder.Services.AddSingleton<IRefreshTokenStore, SqliteRefreshTokenStore>();
        builder.Services.AddSingleton<IPersonalTokenStore, SqlitePersonalTokenStore>();
        builder.Services.AddSingleton<IUsageStore, SqliteUsageStore>();
        builder.Services.AddSingleton<ISealedCredentialStore, SqliteSealedCredentialStore>();
        return builder;
    }

    private static string Locate(string path, string? dataFolder)
    {
        if (string.IsNullOrWhiteSpace(path) || Path.IsPathFullyQualified(path))
        {
            return path;
        }

        return string.IsNullOrWhiteSpace(dataFolder) ? "" : Path.Combine(dataFolder, path);
    }
}
