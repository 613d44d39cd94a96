using Claudy.Application.Authentication.Ports;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Files.Ports;
using Claudy.Infrastructure.Files;
using Claudy.Infrastructure.Scanning;
using Claudy.Infrastructure.Security;
using Claudy.Infrastructure.Sqlite;
using Claudy.Integration.Tests.Files;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Security;

public sealed class SecurityRegistrationTests : IDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("claudy-data-");

    [Fact]
    public async Task Start_WhenOnlyTheDataFolderIsGiven_ShouldPutEverythingThere()
    {
        using var host = Host(("Claudy:Data", _data.FullName), ("Claudy:Claude:DemoModel", "true"));
        await host.StartAsync();

        File.Exists(Path.Combine(_data.FullName, "keys", "jwt-private.pem")).ShouldBeTrue();
        host.Services.GetRequiredService<ITokenIssuer>().ShouldNotBeNull();
        host.Services.GetRequiredService<ICredentialVault>().DefaultSource.ShouldBe(CredentialSource.Demo);
        host.Services.GetRequiredService<IWorkspaceFiles>().Prepare(new(Guid.NewGuid())).WorkspacePath.ShouldStartWith(Path.Combine(_data.FullName, "workspaces"));
        await host.StopAsync();
    }

    [Theory]
    [InlineData("Claudy:Auth:PrivateKeyPath", "/nonexistent/key.pem")]
    [InlineData("Claudy:Auth:RotateKeysAfter", "-1")]
    [InlineData("Claudy:Workspaces:MaxFileBytes", "0")]
    [InlineData("Claudy:Data", "")]
    public async Task Start_WhenASettingIsWrong_ShouldFailAndNameIt(string setting, string value)
    {
        using var host = Host(("Claudy:Data", _data.FullName), (setting, value));

        var refused = await Should.ThrowAsync<OptionsValidationException>(() => host.StartAsync());

        refused.Message.ShouldContain(setting.Split(':')[^1]);
    }

    public void Dispose() => _data.Delete(recursive: true);

    private static IHost Host(params (string Key, string Value)[] settings)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection();
        foreach (var (key, value) in settings)
        {
            builder.Configuration[key] = value;
        }

        builder.Services.AddSingleton(TimeProvider.System).AddSingleton<IWorkspaceObserver, RecordedNews>();
        builder.AddSqliteStores().AddContentScanning().AddWorkspaceFiles().AddSecurity();
        return builder.Build();
    }
}
