using System.Diagnostics;
using System.Text;
using Claudy.Infrastructure.Processes;
using Claudy.Infrastructure.Scanning;
using Claudy.Integration.Tests.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Scanning;

/// <summary>The real clamd, with a signature of the test's own: nothing is downloaded.</summary>
public sealed class RealClamAvTests : IAsyncLifetime
{
    private const string Signature = "Claudy.Test.Marker";
    private const string Marker = "a marker that this test made up";
    private const int MaxStream = 1 << 20;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("claudy-clamd-");
    private Process? _clamd;

    public async Task InitializeAsync()
    {
        if (Executable.Find("clamd") is not { } program)
        {
            return;
        }

        // Type 0: any file; at any offset.
        var database = _folder.CreateSubdirectory("database");
        await File.WriteAllTextAsync(Path.Combine(database.FullName, "test.ndb"), $"{Signature}:0:*:{Convert.ToHexStringLower(Encoding.ASCII.GetBytes(Marker))}\n");
        var configuration = Path.Combine(_folder.FullName, "clamd.conf");
        await File.WriteAllTextAsync(configuration, $"""
            LocalSocket {SocketPath}
            DatabaseDirectory {database.FullName}
            TemporaryDirectory {_folder.FullName}
            StreamMaxLength {MaxStream}
            Foreground yes
            MaxThreads 2
            """);
        _clamd = Process.Start(new ProcessStartInfo(program, ["--config-file", configuration]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        _clamd.BeginOutputReadLine();
        _clamd.BeginErrorReadLine();
        await Eventually.IsTrueAsync(
            async () => _clamd.HasExited || (await Scanner().ExamineAsync(CancellationToken.None)).Single().IsReady, "clamd answers");
        _clamd.HasExited.ShouldBeFalse();
    }

    public async Task DisposeAsync()
    {
        if (_clamd is not null)
        {
            _clamd.Kill();
            await _clamd.WaitForExitAsync();
            _clamd.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    [SkippableFact]
    public async Task Scan_WhenItHasASignature_ShouldRefuseItByThatName()
    {
        RequireClamd();

        var refused = await Scanner().LookAtAsync($"{new string('x', 200_000)}{Marker}", "report.txt");

        refused.Error!.Code.ShouldBe("FILE_002");
        refused.Error.Details["signature"].ToString()!.ShouldStartWith(Signature);
    }

    [SkippableFact]
    public async Task Scan_WhenItIsInAnArchive_ShouldRefuseItAsWell()
    {
        RequireClamd();
        using var archive = new MemoryStream();
        using (var zip = new System.IO.Compression.ZipArchive(archive, System.IO.Compression.ZipArchiveMode.Create, leaveOpen: true))
        {
            await using var entry = zip.CreateEntry("inner.txt").Open();
            await entry.WriteAsync(Encoding.ASCII.GetBytes(Marker));
        }

        (await Scanner().LookAtAsync(archive.ToArray(), "files.zip")).Rule().ShouldBe("clamav");
    }

    [SkippableFact]
    public async Task Scan_WhenItIsHarmless_ShouldLetItIn()
    {
        RequireClamd();

        (await Scanner().LookAtAsync(new byte[MaxStream])).IsSuccess.ShouldBeTrue();
        (await Scanner().LookAtAsync("")).IsSuccess.ShouldBeTrue();
    }

    [SkippableFact]
    public async Task Scan_WhenItIsLongerThanItTakes_ShouldSaySo()
    {
        RequireClamd();

        (await Scanner().LookAtAsync(new byte[3 * MaxStream])).Error!.Code.ShouldBe("FILE_022");
    }

    private string SocketPath => Path.Combine(_folder.FullName, "clamd.sock");

    private ClamAvScanner Scanner() =>
        new(Options.Create(new ClamAvOptions { Address = SocketPath }), TimeProvider.System, NullLogger<ClamAvScanner>.Instance);

    private static void RequireClamd() => Skip.If(Executable.Find("clamd") is null, "clamd is not installed here (apt install clamav-daemon).");
}
