using System.Diagnostics;
using System.Text.Json;
using Claudy.Integration.Tests.Audit;
using Claudy.WebApi.Cli;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Cli;

/// <summary>The commands as an operator runs them, each in a process of its own.</summary>
public sealed class AuditCommandTests : IAsyncLifetime
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("claudy-audit-");
    private readonly AuditFiles _files = new();

    public AuditCommandTests() => _files.Options.Path = Path.Combine(_data.FullName, "audit");

    public Task InitializeAsync() => _files.WriteAsync(3, "session.created");

    public async Task DisposeAsync()
    {
        await _files.DisposeAsync();
        _data.Delete(recursive: true);
    }

    [Fact]
    public async Task Verify_ShouldTellWhetherTheLogIsWhole()
    {
        var head = (await _files.VerifyAsync()).Head!;

        (await RunAsync("audit", "verify")).ShouldBe((ExitCode.Success, $"3 records hold. Head: {head}\n", ""));
        (await RunAsync("audit", "verify", "--head", head)).Exit.ShouldBe(ExitCode.Success);
        (await RunAsync("audit", "verify", "--head", "short")).Exit.ShouldBe(ExitCode.Usage);

        _files.Write([_files.Lines()[0], _files.Lines()[1].Replace("alice", "mallo", StringComparison.Ordinal), _files.Lines()[2]]);
        var (exit, output, _) = await RunAsync("audit", "verify");
        exit.ShouldBe(ExitCode.Failed);
        output.ShouldContain("000000000001.jsonl, line 2: record 2: it was changed");
    }

    [Fact]
    public async Task Verify_WhenThereIsNoLog_ShouldSaySo()
    {
        Directory.Delete(_files.Folder, recursive: true);

        var (exit, _, errors) = await RunAsync("audit", "verify");

        exit.ShouldBe(ExitCode.Unreadable);
        errors.ShouldContain("cannot be read");
    }

    [Fact]
    public async Task Export_ShouldWriteTheRecordsThatFit_AndBeRecordedItself()
    {
        var (exit, output, _) = await RunAsync("audit", "export", "--user", "alice", "--action", "session.");

        exit.ShouldBe(ExitCode.Success);
        output.ShouldBe(string.Concat(_files.Lines()[..3].Select(line => line + "\n")));
        var exported = JsonDocument.Parse(_files.Lines()[3]).RootElement;
        exported.Field("action").ShouldBe("audit.exported");
        exported.Field("credential").ShouldBe("console");
        exported.Detail("user").ShouldBe("alice");
        (await RunAsync("audit", "export", "--from", "2999-01-01")).Output.ShouldBeEmpty();
        (await RunAsync("audit", "export", "--from", "yesterday")).Exit.ShouldBe(ExitCode.Usage);
        (await _files.VerifyAsync()).Break.ShouldBeNull();
    }

    [Fact]
    public async Task Token_ShouldBeRecorded()
    {
        (await RunAsync("token")).Exit.ShouldBe(ExitCode.Success);

        var issued = JsonDocument.Parse(_files.Lines()[^1]).RootElement;
        issued.Field("action").ShouldBe("token.issued");
        issued.Field("name").ShouldBe("local");
        issued.Field("credential").ShouldBe("console");
    }

    private async Task<(int Exit, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(
            Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"),
            ["exec", typeof(WebApi.AssemblyMarker).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["HOME"] = _data.FullName;
        start.Environment["CLAUDY_DATA"] = _data.FullName;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await errors);
    }
}
