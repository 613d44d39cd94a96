using System.Globalization;
using Claudy.WebApi.Cli.Chat;
using FsCheck;
using FsCheck.Xunit;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Cli;

public sealed class TerminalTextTests
{
    [Theory]
    [InlineData("\u001b[2J\u001b[31mred", "␛[2J␛[31mred")]
    [InlineData("\u001b]52;c;cm0gLXJm\u0007", "␛]52;c;cm0gLXJm␇")]
    [InlineData("\u009b31mC1", "�31mC1")]
    [InlineData("safe\rrm -rf", "safe␍rm -rf")]
    [InlineData("a\bb\u007f", "a␈b␡")]
    [InlineData("a\u202eb\u2066c\u200bd", "a�b�c�d")]
    public void Clean_WhenTextHoldsControls_ShouldShowThemHarmless(string text, string expected) =>
        TerminalText.Clean(text).ShouldBe(expected);

    [Theory]
    [InlineData("plain\n\ttext")]
    [InlineData("Zürich, 東京, 👩‍💻")]
    public void Clean_WhenTextIsHarmless_ShouldLeaveIt(string text) =>
        TerminalText.Clean(text).ShouldBe(text);

    [Fact]
    public void Clean_WhenASurrogateStandsAlone_ShouldReplaceIt() =>
        TerminalText.Clean("lone \ud800 surrogate").ShouldBe("lone \ufffd surrogate");

    [Fact]
    public void Clean_WhenLinesEndAsInWindows_ShouldEndThemAsInUnix() =>
        TerminalText.Clean("a\r\nb").ShouldBe("a\nb");

    [Property]
    public bool Clean_WhateverTheText_ShouldLeaveNoControlButNewlineAndTab(NonNull<string> text) =>
        TerminalText.Clean(text.Get).EnumerateRunes().All(rune =>
            rune.Value is '\n' or '\t' || System.Text.Rune.GetUnicodeCategory(rune) != UnicodeCategory.Control);

    [Fact]
    public void CleanLine_WhenTextIsLong_ShouldSayThatItGoesOn() =>
        TerminalText.CleanLine("first line that is long\nsecond", 10).ShouldBe("first lin…");
}
