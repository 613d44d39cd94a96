using System.Diagnostics;
using System.Runtime.Versioning;
using Claudy.Application.Sessions.Ports;
using Claudy.Infrastructure.Sqlite;
using Claudy.Integration.Tests.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Sqlite;

public sealed class SqliteDatabaseTests
{
    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Start_WhenTheFileIsMade_ShouldLetOnlyItsOwnerReadIt()
    {
        await using var host = await SqliteHost.StartAsync();

        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(host.DatabasePath)!))
        {
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
        }
    }

    [Fact]
    public async Task OpenForWriting_WhenOpenAlready_ShouldLeaveTheLocksOfTheOpenOne()
    {
        await using var host = await SqliteHost.StartAsync();
        var database = host.Get<SqliteDatabase>();
        using var first = database.OpenForWriting();
        PosixLocks(host.DatabasePath).ShouldBeGreaterThan(0);

        database.OpenForWriting().Dispose();

        // Dropped locks are dropped all; how many there are changes with what the host's own connections do.
        PosixLocks(host.DatabasePath).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Start_WhenADatabaseIsOfANewerVersion_ShouldSaySoAndLeaveItAlone()
    {
        await using var host = await SqliteHost.StartAsync();
        using (var connection = host.Get<SqliteDatabase>().OpenForWriting())
        {
            connection.Execute("PRAGMA user_version = 99");
        }

        var refused = await Should.ThrowAsync<StoreUnavailableException>(host.RestartAsync);

        refused.Message.ShouldContain("schema 99");
        refused.Message.ShouldContain("newer version");
    }

    [Fact]
    public async Task Start_WhenTheFileIsNoDatabase_ShouldSayThatItCannotBeUsed()
    {
        await using var host = new SqliteHost();
        await File.WriteAllTextAsync(host.DatabasePath, string.Concat(Enumerable.Repeat("this is no database ", 100)));

        var refused = await Should.ThrowAsync<StoreUnavailableException>(host.StartHostAsync);

        refused.Message.ShouldContain(host.DatabasePath);
    }

    [Fact]
    public async Task AppendAndRead_WhenTheFileCannotBeOpened_ShouldSaySoUntilItCan()
    {
        await using var host = new SqliteHost();
        var log = host.Get<ISessionEventLog>();
        var session = TestSessions.NewId();
        Directory.CreateDirectory(host.DatabasePath);

        await Should.ThrowAsync<StoreUnavailableException>(() => log.AppendAsync(session, 1, 0, TestSessions.Events(0, 1), default));
        await Should.ThrowAsync<StoreUnavailableException>(() => log.HeadAsync(session, default));

        Directory.Delete(host.DatabasePath);
        (await log.AppendAsync(session, 1, 0, TestSessions.Events(0, 1), default)).IsSuccess.ShouldBeTrue();
        (await log.HeadAsync(session, default)).LastSeq.ShouldBe(1);
    }

    [Fact]
    public async Task Read_WhenNothingWasWrittenYet_ShouldFindAnEmptyStore()
    {
        await using var host = new SqliteHost();

        (await host.Get<ISessionEventLog>().HeadAsync(TestSessions.NewId(), default)).LastSeq.ShouldBe(0);
    }

    [Theory]
    [InlineData("Claudy:Sqlite:GroupCommitMaxBatch", "0", "GroupCommitMaxBatch")]
    [InlineData("Claudy:Sqlite:Path", "", "Claudy:Sqlite:Path")]
    [InlineData("Claudy:Data", "", "Claudy:Data")]
    public async Task Start_WhenASettingIsWrong_ShouldNameIt(string key, string value, string named)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration["Claudy:Data"] = Path.GetTempPath();
        builder.Configuration[key] = value;
        builder.AddSqliteStores();
        using var host = builder.Build();

        var refused = await Should.ThrowAsync<OptionsValidationException>(() => host.StartAsync());

        refused.Message.ShouldContain(named);
    }

    [Theory]
    [InlineData(null, "/data/claudy.db")]
    [InlineData("other.db", "/data/other.db")]
    [InlineData("/elsewhere/claudy.db", "/elsewhere/claudy.db")]
    public void Path_WhenRelative_ShouldBeInTheDataFolder(string? path, string expected)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration["Claudy:Data"] = "/data";
        if (path is not null)
        {
            builder.Configuration["Claudy:Sqlite:Path"] = path;
        }

        builder.AddSqliteStores();
        using var host = builder.Build();

        host.Services.GetRequiredService<IOptions<SqliteOptions>>().Value.Path.ShouldBe(expected);
    }

    /// <summary>How many locks the kernel keeps on a file.</summary>
    private static int PosixLocks(string path)
    {
        using var stat = Process.Start(new ProcessStartInfo("stat", ["-c", "%i", path]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var inode = stat.StandardOutput.ReadToEnd().Trim();
        return File.ReadLines("/proc/locks").Count(line => line.Contains("POSIX", StringComparison.Ordinal) && line.Contains($":{inode} ", StringComparison.Ordinal));
    }
}
