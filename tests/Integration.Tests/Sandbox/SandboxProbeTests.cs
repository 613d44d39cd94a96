using Claudy.Infrastructure.Processes;
using Claudy.Infrastructure.Sandbox;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Sandbox;

public sealed class SandboxProbeTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("claudy-test-").FullName;

    [Fact]
    public void Choose_WhenModeIsNone_ShouldGiveNone()
    {
        using var host = Host(("Claudy:Sandbox:Mode", "None"));

        var sandbox = host.Services.GetRequiredService<ISandbox>();

        sandbox.IsIsolating.ShouldBeFalse();
        sandbox.Description.ShouldBeNull();
        sandbox.Reason.ShouldBe("Claudy:Sandbox:Mode is None.");
    }

    [SkippableFact]
    public async Task Choose_WhenBubblewrapWorks_ShouldGiveIt()
    {
        await using var session = SandboxedSession.Start();
        using var host = Host(("Claudy:Sandbox:Mode", "Bubblewrap"));

        await host.StartAsync();

        host.Services.GetRequiredService<ISandbox>().Description!.ShouldStartWith("bubblewrap ");
        await host.StopAsync();
    }

    [Fact]
    public void Choose_WhenBubblewrapIsRefused_ShouldGiveNoneWithTheReason()
    {
        // A path that cannot be bound makes the trial run fail as a refusing kernel would.
        using var host = Host(("Claudy:Sandbox:ReadOnlyPaths:0", "/no/such/path"));

        var sandbox = host.Services.GetRequiredService<ISandbox>();

        sandbox.IsIsolating.ShouldBeFalse();
        sandbox.Reason!.ShouldMatch("does not work here: .*/no/such/path|bwrap is not installed");
    }

    [Fact]
    public async Task StartAsync_WhenBubblewrapIsDemandedAndRefused_ShouldNotStart()
    {
        using var host = Host(("Claudy:Sandbox:Mode", "Bubblewrap"), ("Claudy:Sandbox:ReadOnlyPaths:0", "/no/such/path"));

        var thrown = await Should.ThrowAsync<OptionsValidationException>(() => host.StartAsync());

        thrown.Message.ShouldStartWith("Claudy:Sandbox:Mode is Bubblewrap, but there is no such sandbox here. ");
    }

    [SkippableTheory]
    [InlineData("Auto", "")]
    [InlineData("Bubblewrap", "workspaces")]
    [InlineData("Auto", "..")]
    [InlineData("Auto", "link")]
    public async Task StartAsync_WhenTheDataFolderWouldBeShown_ShouldNotStart(string mode, string shown)
    {
        await using var session = SandboxedSession.Start();
        Directory.CreateDirectory(Path.Combine(_data, "workspaces"));
        File.CreateSymbolicLink(Path.Combine(_data, "link"), _data);
        using var host = Host(("Claudy:Sandbox:Mode", mode), ("Claudy:Sandbox:ReadOnlyPaths:0", Path.Combine(_data, shown)));

        var thrown = await Should.ThrowAsync<OptionsValidationException>(() => host.StartAsync());

        thrown.Message.ShouldStartWith($"Sessions would see {Path.Combine(_data, shown)}, and {_data} is the server's own");
    }

    [Fact]
    public void Run_WhenTheProgramIsNotExecutable_ShouldSaySo()
    {
        var bubblewrap = Path.Combine(_data, "bwrap");
        File.WriteAllText(bubblewrap, "");

        var run = SandboxProbe.Run(bubblewrap, ["--version"]);

        run.Error!.Message.ShouldBe($"{bubblewrap} cannot be started.");
    }

    [Theory]
    [InlineData("Claudy:Sandbox:MaxProcesses", "1")]
    [InlineData("Claudy:Sandbox:MaxOpenFiles", "0")]
    [InlineData("Claudy:Sandbox:MaxFileBytes", "10")]
    [InlineData("Claudy:Sandbox:MaxTemporaryBytes", "-1")]
    [InlineData("Claudy:Sandbox:MaxMemoryBytes", "1000000")]
    [InlineData("Claudy:Sandbox:MaxCpuCores", "0")]
    [InlineData("Claudy:Sandbox:MaxDiskBytes", "1000")]
    [InlineData("Claudy:Processes:MaxLineBytes", "10")]
    public async Task StartAsync_WhenASettingIsWrong_ShouldNameIt(string name, string value)
    {
        using var host = Host((name, value));

        var thrown = await Should.ThrowAsync<OptionsValidationException>(() => host.StartAsync());

        thrown.Message.ShouldContain($"Options.{name.Split(':')[^1]} must be between ");
    }

    [Fact]
    public async Task StartAsync_WhenTheControlGroupIsNoPath_ShouldNameIt()
    {
        using var host = Host(("Claudy:Processes:ControlGroup", "claudy.slice"));

        (await Should.ThrowAsync<OptionsValidationException>(() => host.StartAsync())).Message.ShouldContain("Claudy:Processes:ControlGroup");
    }

    public void Dispose() => Directory.Delete(_data, recursive: true);

    private IHost Host(params (string Name, string Value)[] settings)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value)));
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create("Claudy:Data", (string?)_data)]);
        builder.AddProcesses().AddSandbox();
        return builder.Build();
    }
}
