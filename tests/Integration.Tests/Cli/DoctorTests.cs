using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.WebApi.Cli.Doctor;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Cli;

public sealed class DoctorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("claudy-doctor-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void DataFolder_WhenItIsNotThere_ShouldMakeItForTheOwnerAlone()
    {
        var path = Path.Combine(_folder, "data");

        MachineChecks.DataFolder(path).Severity.ShouldBe(Severity.Ok);

        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.EnumerateFileSystemEntries(path).ShouldBeEmpty();
    }

    [Fact]
    public void DataFolder_WhenOthersMayRead_ShouldWarnAndSayHowToStopThem()
    {
        File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead);

        var finding = MachineChecks.DataFolder(_folder);

        finding.Severity.ShouldBe(Severity.Warning);
        finding.Fix.ShouldBe($"chmod 700 {_folder}");
    }

    [Fact]
    public void DataFolder_WhenItCannotBe_ShouldSayThatItIsMissing()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");

        MachineChecks.DataFolder(Path.Combine(file, "data")).Severity.ShouldBe(Severity.Missing);
    }

    [Theory]
    [InlineData(50L << 20, Severity.Missing)]
    [InlineData(500L << 20, Severity.Warning)]
    [InlineData(5L << 30, Severity.Ok)]
    internal void DiskSpace_WhenThereIsSoMuch_ShouldJudgeIt(long freeBytes, Severity expected) =>
        MachineChecks.DiskSpace(freeBytes).Severity.ShouldBe(expected);

    [Fact]
    public async Task AddressAsync_WhenAnotherProgramHasIt_ShouldSayWhatToDo()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var finding = await MachineChecks.AddressAsync(new Uri($"http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}"), CancellationToken.None);

        finding.Severity.ShouldBe(Severity.Missing);
        finding.Fix.ShouldNotBeNull();
    }

    [Fact]
    public async Task AgentCheck_WhenItCannotRun_ShouldSayWhyAndHowToGetIt()
    {
        var findings = await AgentCheck.RunAsync(new Launcher(SessionErrors.AgentFailedToStart("it is not installed.")), "2.1.197", CancellationToken.None);

        findings.ShouldHaveSingleItem().Severity.ShouldBe(Severity.Missing);
        findings[0].Fix.ShouldNotBeNull().ShouldContain("eng/setup");
    }

    [Fact]
    public async Task AgentCheck_WhenVersionOrSandboxAreNotAsTested_ShouldWarn()
    {
        var findings = await AgentCheck.RunAsync(new Launcher(new AgentInfo("9.9.9", "/bin/claude", Sandbox: null)), "2.1.197", CancellationToken.None);

        findings.Select(finding => finding.Severity).ShouldBe([Severity.Warning, Severity.Warning, Severity.Warning, Severity.Warning]);
        findings[0].Found.ShouldContain("tested with 2.1.197");
    }

    [Theory]
    [InlineData("memory, CPU, processes by control groups v1", null, Severity.Ok, "memory, CPU, processes by control groups v1")]
    [InlineData("memory by control groups v2", "CPU: it was not given", Severity.Warning, "not limited is CPU: it was not given")]
    [InlineData(null, "memory, CPU, processes: no rights", Severity.Warning, "none; not limited is memory, CPU, processes: no rights")]
    internal async Task AgentCheck_WhenSoMuchIsLimited_ShouldSayWhatAndHowToGetTheRest(string? limits, string? unlimited, Severity expected, string found)
    {
        var agent = new AgentInfo("2.1.197", "/bin/claude", "bubblewrap") { Limits = limits, Unlimited = unlimited };

        var findings = await AgentCheck.RunAsync(new Launcher(agent), "2.1.197", CancellationToken.None);

        findings[2].Severity.ShouldBe(expected);
        findings[2].Found.ShouldContain(found);
        (findings[2].Fix ?? "").Contains("Delegate=yes", StringComparison.Ordinal).ShouldBe(expected == Severity.Warning);
    }

    [Theory]
    [InlineData(CredentialSource.Server, Severity.Ok)]
    [InlineData(CredentialSource.Demo, Severity.Warning)]
    [InlineData(CredentialSource.None, Severity.Warning)]
    internal void CredentialCheck_WhenTheSourceIs_ShouldJudgeIt(CredentialSource source, Severity expected) =>
        CredentialCheck.Run(source).Severity.ShouldBe(expected);

    [Fact]
    public void PinnedVersion_ShouldBeTheOneOfTheLockFile() =>
        PinnedClaudeCode.Version().ShouldMatch(@"^\d+\.\d+\.\d+$");

    [Fact]
    public void WriteJson_ShouldBeReadableByPrograms()
    {
        using var output = new StringWriter();

        ReportView.WriteJson(output, new Report(false, [new Finding("Disk", Severity.Missing, "0.0 GiB free", "Free some.")]));

        var finding = JsonElement.Parse(output.ToString()).GetProperty("findings")[0];
        finding.GetProperty("severity").GetString().ShouldBe("missing");
    }

    [Fact]
    public void WriteTable_WhenItGoesToAFile_ShouldHoldNoEscapes()
    {
        using var output = new StringWriter();

        ReportView.WriteTable(output, isTerminal: false, new Report(true, [new Finding("Disk", Severity.Warning, "[little]", "Free some.")]));

        output.ToString().ShouldContain("[little]");
        output.ToString().ShouldContain("-> Free some.");
        output.ToString().ShouldNotContain("\u001b");
    }

    private sealed class Launcher(Result<AgentInfo> probe) : IAgentLauncher
    {
        public bool IsIsolating => false;

        public string? WhyNoNetwork(NetworkMode mode) => "there is no sandbox.";

        public Task<Result<AgentInfo>> ProbeAsync(CancellationToken cancellationToken) => Task.FromResult(probe);

        public Task<Result<IAgentSession>> LaunchAsync(AgentLaunch launch, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("Nothing is launched here.");
    }
}
