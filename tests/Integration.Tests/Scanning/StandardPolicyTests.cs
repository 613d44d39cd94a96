using System.Text;
using Claudy.Infrastructure.Scanning;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Scanning;

public sealed class StandardPolicyTests
{
    [Theory]
    [InlineData("7F454C46 02010100", "executable_elf")]
    [InlineData("7F454C46", "executable_elf")]
    [InlineData("4D5A9000 03000000 04000000 FFFF0000 B8000000 00000000 40000000", "executable_windows")]
    [InlineData("5A4D9000 03000000 04000000 FFFF0000 B8000000 00000000 40000000", "executable_windows")]
    [InlineData("FEEDFACE 00000012", "executable_macos")]
    [InlineData("CEFAEDFE 07000000", "executable_macos")]
    [InlineData("FEEDFACF 01000007", "executable_macos")]
    [InlineData("CFFAEDFE 0C000001", "executable_macos")]
    [InlineData("CAFEBABE 00000002", "executable_macos")]
    [InlineData("BEBAFECA 02000000", "executable_macos")]
    [InlineData("CAFEBABF 00000002", "executable_macos")]
    [InlineData("BFBAFECA 02000000", "executable_macos")]
    public async Task Scan_WhenItBeginsAsAProgram_ShouldRefuseItByThatRule(string bytes, string rule)
    {
        var refused = await ScannedFile.Standard.LookAtAsync(Bytes(bytes), "notes.txt");

        refused.Error!.Code.ShouldBe("FILE_002");
        refused.Error.Retryable.ShouldBeFalse();
        refused.Error.Message.ShouldContain("notes.txt");
        refused.Error.Message.ShouldContain(rule);
        refused.Rule().ShouldBe(rule);
    }

    [Theory]
    [InlineData("CAFEBABE 00000034 0010")] // a class of Java 8
    [InlineData("CAFEBABE 0003002D 0010")] // one of Java 1.1
    [InlineData("CAFEBABE")]
    [InlineData("0061736D 01000000")] // WebAssembly, which projects for the web hold
    [InlineData("4D5A")]
    [InlineData("504B0304 14000000")]
    [InlineData("89504E47 0D0A1A0A")]
    [InlineData("7F454C")]
    [InlineData("")]
    public async Task Scan_WhenItIsNoProgramOfASystem_ShouldLetItIn(string bytes) =>
        (await ScannedFile.Standard.LookAtAsync(Bytes(bytes))).IsSuccess.ShouldBeTrue();

    [Theory]
    [InlineData("MZ, the initials of Mark Zbikowski, begin many files of Windows.")]
    [InlineData("#!/bin/sh\nrm -rf /\n")]
    [InlineData("ELF is a format")]
    public async Task Scan_WhenItIsText_ShouldLetItIn(string text) =>
        (await ScannedFile.Standard.LookAtAsync(text, ".hidden/run.sh")).IsSuccess.ShouldBeTrue();

    [Fact]
    public async Task Scan_WhenItIsARealProgram_ShouldRefuseIt() =>
        (await ScannedFile.Standard.LookAtAsync(await File.ReadAllBytesAsync("/bin/sh"))).Rule().ShouldBe("executable_elf");

    [Fact]
    public async Task Scan_WhenItIsDotNetsOwnLibrary_ShouldRefuseIt() =>
        (await ScannedFile.Standard.LookAtAsync(await File.ReadAllBytesAsync(typeof(StandardPolicyTests).Assembly.Location))).Rule().ShouldBe("executable_windows");

    [Theory]
    [InlineData("", "")]
    [InlineData("", "\r\n\t \x1a")]
    [InlineData("\xEF\xBB\xBF", "")]
    [InlineData(" \n\n", "")]
    [InlineData("MIME-Version: 1.0\n\n", "\n-- end")]
    public async Task Scan_WhenItHoldsTheTestStringAtItsBegin_ShouldRefuseIt(string before, string after)
    {
        byte[] content = [.. Encoding.Latin1.GetBytes(before), .. ScannedFile.Eicar, .. Encoding.Latin1.GetBytes(after)];

        (await ScannedFile.Standard.LookAtAsync(content)).Rule().ShouldBe("malware_eicar");
    }

    [Fact]
    public async Task Scan_WhenTheTestStringIsNotWhole_ShouldLetItIn() =>
        (await ScannedFile.Standard.LookAtAsync(ScannedFile.Eicar[..^1])).IsSuccess.ShouldBeTrue();

    [Fact]
    public async Task Scan_WhenThePolicyIsOff_ShouldLetEverythingIn() =>
        (await ScannedFile.Scanner(ContentPolicy.Off).LookAtAsync(ScannedFile.Eicar)).IsSuccess.ShouldBeTrue();

    [Fact]
    public async Task Scan_WhenSeveralScannersLook_ShouldEndWithTheFirstThatRefuses()
    {
        var both = new CombinedScanner([ScannedFile.Standard, ScannedFile.Strict]);

        (await both.LookAtAsync("fine", "fine.txt")).IsSuccess.ShouldBeTrue();
        (await both.LookAtAsync(Bytes("7F454C46"), ".hidden")).Rule().ShouldBe("executable_elf");
        (await both.LookAtAsync("fine", ".hidden")).Rule().ShouldBe("hidden_file");
    }

    private static byte[] Bytes(string hexadecimal) => Convert.FromHexString(hexadecimal.Replace(" ", "", StringComparison.Ordinal));
}
