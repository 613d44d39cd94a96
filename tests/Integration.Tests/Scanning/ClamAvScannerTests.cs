using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Claudy.Infrastructure.Scanning;
using Claudy.WebApi.Cli.Doctor;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Scanning;

/// <summary>Against a clamd that answers as the test says; <see cref="RealClamAvTests"/> asks the real one.</summary>
public sealed class ClamAvScannerTests : IDisposable
{
    private const string Clean = "stream: OK";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("claudy-clamd-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 3_000_000)]
    [InlineData(false, 1)]
    [InlineData(false, 65536)]
    public async Task Scan_WhenItIsClean_ShouldHaveSentEveryByteInChunks(bool isUnix, int size)
    {
        var content = RandomNumberGenerator.GetBytes(size);
        await using var clamd = ScriptedClamd.Start(_ => Clean, isUnix ? SocketPath : null);

        (await ScannerAt(clamd.Address).LookAtAsync(content)).IsSuccess.ShouldBeTrue();

        clamd.Streams.ShouldHaveSingleItem().ShouldBe(content);
        clamd.Chunks.ShouldAllBe(length => length <= 65536);
    }

    [Fact]
    public async Task Scan_WhenSomethingIsFound_ShouldRefuseItByTheSignaturesName()
    {
        await using var clamd = ScriptedClamd.Start(_ => "stream: Win.Test.EICAR_HDB-1 FOUND", SocketPath);

        var refused = await ScannerAt(clamd.Address).LookAtAsync("bad", "invoice.pdf");

        refused.Error!.Code.ShouldBe("FILE_002");
        refused.Rule().ShouldBe("clamav");
        refused.Error.Details["signature"].ShouldBe("Win.Test.EICAR_HDB-1");
        refused.Error.Message.ShouldContain("invoice.pdf");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Scan_WhenItIsLongerThanClamdTakes_ShouldSaySo(bool isUnix)
    {
        await using var clamd = ScriptedClamd.Start(_ => Clean, isUnix ? SocketPath : null, maxStream: 100_000);

        var refused = await ScannerAt(clamd.Address).LookAtAsync(new byte[200_000]);

        refused.Error!.Code.ShouldBe("FILE_022");
        refused.Error.Retryable.ShouldBeFalse();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Command read timed out ERROR")]
    [InlineData("stream: Can't allocate memory ERROR")]
    [InlineData("stream: nonsense")]
    [InlineData("stream: OK stream: X FOUND?")]
    public async Task Scan_WhenItFailsOrHangsUp_ShouldRefuseAndSayThatItCanBeTriedAgain(string? answer)
    {
        await using var clamd = ScriptedClamd.Start(_ => answer, SocketPath);

        var refused = await ScannerAt(clamd.Address).LookAtAsync("content");

        refused.Error!.Code.ShouldBe("FILE_021");
        refused.Error.Retryable.ShouldBeTrue();
    }

    [Fact]
    public async Task Scan_WhenItIsSilent_ShouldGiveUpInTime()
    {
        await using var clamd = ScriptedClamd.Start(_ => "", SocketPath);

        var refused = await ScannerAt(clamd.Address, timeout: TimeSpan.FromMilliseconds(200)).LookAtAsync("content");

        refused.Error!.Code.ShouldBe("FILE_021");
    }

    [Fact]
    public async Task Scan_WhenTheCallerGivesUp_ShouldEnd()
    {
        await using var clamd = ScriptedClamd.Start(_ => "", SocketPath);
        using var caller = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));

        await Should.ThrowAsync<OperationCanceledException>(ScannerAt(clamd.Address).LookAtAsync("content"u8.ToArray(), cancellationToken: caller.Token));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task Scan_WhenNobodyIsThere_ShouldRefuseUnlessTheOperatorSaysOtherwise(bool isUnix, bool failOpen)
    {
        var result = await ScannerAt(isUnix ? SocketPath : $"127.0.0.1:{FreePort()}", failOpen: failOpen).LookAtAsync("content");

        result.IsSuccess.ShouldBe(failOpen);
        if (!failOpen)
        {
            result.Error!.Code.ShouldBe("FILE_021");
            result.Error.Retryable.ShouldBeTrue();
        }
    }

    [Fact]
    public async Task Scan_WhenItIsFoundOrTooLong_ShouldRefuseThoughItFailsOpen()
    {
        await using var clamd = ScriptedClamd.Start(_ => "stream: Bad FOUND", SocketPath, maxStream: 10);

        (await ScannerAt(clamd.Address, failOpen: true).LookAtAsync("short")).Error!.Code.ShouldBe("FILE_002");
        (await ScannerAt(clamd.Address, failOpen: true).LookAtAsync("far too long for it")).Error!.Code.ShouldBe("FILE_022");
    }

    [Theory]
    [InlineData("/run/clamav/clamd.ctl", true)]
    [InlineData("unix:/run/clamav/clamd.ctl", true)]
    [InlineData("127.0.0.1:3310", true)]
    [InlineData("[::1]:3310", true)]
    [InlineData("clamav.internal:3310", true)]
    [InlineData("", true)]
    [InlineData("clamav.internal", false)]
    [InlineData("run/clamd.ctl", false)]
    [InlineData("http://clamav:3310", false)]
    [InlineData("clamav:99999", false)]
    [InlineData(":3310", false)]
    public void Address_WhenItIsNone_ShouldStopTheStart(string address, bool isGood) =>
        new ClamAvAddressValidator().Validate(null, new ClamAvOptions { Address = address }).Succeeded.ShouldBe(isGood);

    [Fact]
    public async Task Doctor_WhenClamdAnswersOrNot_ShouldSaySo()
    {
        var absent = await ContentCheck.RunAsync(new CombinedScanner([ScannedFile.Standard, ScannerAt(SocketPath)]), CancellationToken.None);
        await using var clamd = ScriptedClamd.Start(_ => Clean, SocketPath);
        var present = await ContentCheck.RunAsync(ScannerAt(SocketPath), CancellationToken.None);

        absent.Select(finding => finding.Severity).ShouldBe([Severity.Ok, Severity.Warning]);
        absent.Last().Fix!.ShouldContain("Claudy:ClamAv:Address");
        present.ShouldHaveSingleItem().Severity.ShouldBe(Severity.Ok);
        present.Single().Found.ShouldContain("ClamAV 1.0.0");
    }

    private string SocketPath => Path.Combine(_folder.FullName, "clamd.sock");

    private static ClamAvScanner ScannerAt(string address, TimeSpan? timeout = null, bool failOpen = false) => new(
        Options.Create(new ClamAvOptions { Address = address, Timeout = timeout ?? TimeSpan.FromSeconds(30), FailOpen = failOpen }),
        TimeProvider.System,
        NullLogger<ClamAvScanner>.Instance);

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
