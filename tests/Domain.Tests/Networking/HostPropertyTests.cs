using System.Net;
using Claudy.Domain.Networking;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Shouldly;
using HostName = Claudy.Domain.Networking.HostName;

namespace Claudy.Domain.Tests.Networking;

/// <summary>What is accepted as a host has one reading, however it was put together.</summary>
public sealed class HostPropertyTests
{
    private static readonly string[] Pieces =
    [
        "a", "B", "example", "com", ".", ".", ".", "-", "_", "*.", "1", "127", "0", "0x7f", "0X", "017", "256", "2130706433", "[", "]", "::1", "::ffff:", "%", ":", "80",
        "\0", " ", "\n", "@", "/", "\\", "xn--", "xn--bcher-kva", "ü", "。", "１", "\u0308", "\u200D", "\uD800",
    ];

    [Property(MaxTest = 1000, Arbitrary = [typeof(HostPropertyTests)])]
    public void AnyAcceptedHost_ShouldHaveOneFormThatIsReadAsItself(OddHost odd)
    {
        if (!HostName.TryParse(odd.Text, out var name, out _))
        {
            return;
        }

        name.Value.ShouldAllBe(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '.' || c == '-' || c == '_' || c == '[' || c == ']' || c == ':');
        name.Value.ShouldNotEndWith(".");
        HostName.TryParse(name.Value, out var again, out _).ShouldBeTrue();
        again.ShouldBe(name);
    }

    [Property(MaxTest = 1000, Arbitrary = [typeof(HostPropertyTests)])]
    public void WhateverTheSystemTakesForAnAddress_ShouldBeThatAddressOrRefused(OddHost odd)
    {
        var text = odd.Text.Trim('[', ']');
        if (IPAddress.TryParse(text, out var address) && HostName.TryParse(odd.Text, out var name, out _))
        {
            name.Address.ShouldBe(address);
        }
    }

    [Property(MaxTest = 1000, Arbitrary = [typeof(HostPropertyTests)])]
    public void AnyAcceptedHost_ShouldBeTheHostThatAnotherParserReads(OddHost odd)
    {
        if (HostName.TryParse(odd.Text, out var name, out _) && Uri.TryCreate($"http://{odd.Text}/", UriKind.Absolute, out var uri))
        {
            uri.Host.TrimEnd('.').ShouldBe(name.Value);
        }
    }

    [Property(MaxTest = 1000, Arbitrary = [typeof(HostPropertyTests)])]
    public void AnyAcceptedPattern_ShouldBeReadAsItselfAndCoverItself(OddHost odd)
    {
        if (!HostPattern.TryParse(odd.Text, out var pattern, out _))
        {
            return;
        }

        HostPattern.TryParse(pattern.ToString(), out var again, out _).ShouldBeTrue();
        again.ShouldBe(pattern);
        pattern.Covers(pattern).ShouldBeTrue();
    }

    [Property(MaxTest = 2000, Arbitrary = [typeof(HostPropertyTests)])]
    public void WhatACoveredPatternMatches_ShouldMatchTheCoveringOne(SmallPattern one, SmallPattern other, SmallHost host)
    {
        var (outer, inner) = (Pattern(one.Text), Pattern(other.Text));
        HostName.TryParse(host.Text, out var name, out _).ShouldBeTrue();

        if (outer.Covers(inner) && inner.Matches(name, host.Port))
        {
            outer.Matches(name, host.Port).ShouldBeTrue();
        }
    }

    [Property(MaxTest = 1000, Arbitrary = [typeof(HostPropertyTests)])]
    public void WhatAPolicyWithinAnotherAllows_ShouldBeAllowedByTheOther(SmallPattern[] most, SmallPattern[] asked, SmallHost host)
    {
        var (outer, inner) = (NetworkPolicy.AllowList([.. most.Select(p => p.Text)]), NetworkPolicy.AllowList([.. asked.Select(p => p.Text)]));
        HostName.TryParse(host.Text, out var name, out _).ShouldBeTrue();

        if (outer.FirstBeyond(inner) is null && inner.Allows(name, host.Port))
        {
            outer.Allows(name, host.Port).ShouldBeTrue();
        }
    }

    public static Arbitrary<OddHost> OddHosts() =>
        Gen.Elements(Pieces).ListOf().Select(pieces => new OddHost(string.Concat(pieces.Take(8)))).ToArbitrary();

    public static Arbitrary<SmallPattern> SmallPatterns() =>
        (from wildcard in Gen.Elements("", "*.")
         from host in Names()
         from port in Gen.Elements("", ":22", ":80", ":443")
         select new SmallPattern(wildcard + host + port)).ToArbitrary();

    public static Arbitrary<SmallHost> SmallHosts() =>
        (from host in Names()
         from port in Gen.Elements(22, 80, 443)
         select new SmallHost(host, port)).ToArbitrary();

    // So few that they often meet.
    private static Gen<string> Names() => Gen.Elements("a", "b").ListOf().Select(labels => string.Join('.', labels.Take(3).Append("x")));

    private static HostPattern Pattern(string text) =>
        HostPattern.TryParse(text, out var pattern, out var why) ? pattern : throw new InvalidOperationException(why);

    public sealed record OddHost(string Text);

    public sealed record SmallPattern(string Text);

    public sealed record SmallHost(string Text, int Port);
}
