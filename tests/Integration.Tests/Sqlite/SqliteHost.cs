using Claudy.Infrastructure.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Claudy.Integration.Tests.Sqlite;

/// <summary>The SQLite stores as the server composes them, in a folder of their own.</summary>
internal sealed class SqliteHost : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("claudy-sqlite-");
    private IHost _host;

    public SqliteHost() => _host = Build();

    public string DatabasePath => Path.Combine(_folder.FullName, "claudy.db");

    public static async Task<SqliteHost> StartAsync()
    {
        var host = new SqliteHost();
        await host._host.StartAsync();
        return host;
    }

    public T Get<T>()
        where T : notnull => _host.Services.GetRequiredService<T>();

    public Task StartHostAsync() => _host.StartAsync();

    /// <summary>Closes the database and opens it again, as a new process would.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        _host = Build();
        await _host.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Delete(recursive: true);
    }

    private async Task StopAsync()
    {
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }

    private IHost Build()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection([new("Claudy:Data", _folder.FullName)]);
        builder.AddSqliteStores();
        return builder.Build();
    }
}
