using System.Net;
using Claudy.Domain.Networking;
using FsCheck.Xunit;
using Shouldly;
using Xunit;

namespace Claudy.Domain.Tests.Networking;

public sealed class ReachableAddressesTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("10.0.0.1")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.8.8")]
    [InlineData("169.254.1.1")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.1")]
    [InlineData("192.0.0.192")]
    [InlineData("192.0.2.1")]
    [InlineData("192.168.0.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.51.100.1")]
    [InlineData("203.0.113.7")]
    [InlineData("224.0.0.1")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("100.100.100.200")]
    [InlineData("168.63.129.16")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")]
    [InlineData("::8.8.8.8")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::ffff:0:10.0.0.1")]
    [InlineData("64:ff9b::10.0.0.1")]
    [InlineData("64:ff9b::169.254.169.254")]
    [InlineData("64:ff9b:1::8.8.8.8")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("2002:a9fe:a9fe::")]
    [InlineData("2002:808:808::")]
    [InlineData("3fff::1")]
    [InlineData("5f00::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%2")]
    [InlineData("2606:4700::1%2")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void Includes_WhenItIsNotPublic_ShouldBeFalse(string address) =>
        ReachableAddresses.Public.Includes(IPAddress.Parse(address)).ShouldBeFalse();

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.1")]
    [InlineData("172.15.0.1")]
    [InlineData("172.32.0.1")]
    [InlineData("192.0.1.1")]
    [InlineData("223.255.255.255")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::8.8.8.8")]
    [InlineData("2606:4700::1111")]
    [InlineData("2a00:1450::1")]
    public void Includes_WhenItIsPublic_ShouldBeTrue(string address) =>
        ReachableAddresses.Public.Includes(IPAddress.Parse(address)).ShouldBeTrue();

    [Fact]
    public void Includes_WhenTheOperatorOpenedIt_ShouldBeTrueForItAlone()
    {
        var reachable = new ReachableAddresses([IPNetwork.Parse("10.1.2.0/24"), IPNetwork.Parse("fd12::/16")]);

        reachable.Includes(IPAddress.Parse("10.1.2.3")).ShouldBeTrue();
        reachable.Includes(IPAddress.Parse("::ffff:10.1.2.3")).ShouldBeTrue();
        reachable.Includes(IPAddress.Parse("fd12::1")).ShouldBeTrue();
        reachable.Includes(IPAddress.Parse("10.1.3.3")).ShouldBeFalse();
        reachable.Includes(IPAddress.Parse("127.0.0.1")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::169.254.169.254")]
    [InlineData("100.100.100.200")]
    [InlineData("168.63.129.16")]
    [InlineData("fd00:ec2::254")]
    public void Includes_WhenAllIsOpened_ShouldStillLeaveOutTheMetadataServices(string address) =>
        new ReachableAddresses([IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0")]).Includes(IPAddress.Parse(address)).ShouldBeFalse();

    [Property(MaxTest = 2000)]
    public void AnyIPv4_ShouldBeJudgedTheSameInsideIPv6(uint bits)
    {
        var address = new IPAddress(bits);
        var expected = ReachableAddresses.Public.Includes(address);

        ReachableAddresses.Public.Includes(address.MapToIPv6()).ShouldBe(expected);
        ReachableAddresses.Public.Includes(IPAddress.Parse($"64:ff9b::{address}")).ShouldBe(expected);
        ReachableAddresses.Public.Includes(IPAddress.Parse($"::{address}")).ShouldBeFalse();
    }

    [Property(MaxTest = 2000)]
    public void AnyIPv4OfAPrivateNetwork_ShouldBeOutOfReachInEveryForm(uint bits, byte choice)
    {
        string[] networks = ["10.{0}.{1}.{2}", "127.{0}.{1}.{2}", "192.168.{0}.{1}", "169.254.{0}.{1}", "172.16.{0}.{1}", "100.64.{0}.{1}", "0.{0}.{1}.{2}"];
        var parts = BitConverter.GetBytes(bits).Select(b => (object)b).ToArray();
        var address = IPAddress.Parse(string.Format(networks[choice % networks.Length], parts));
        var bytes = address.GetAddressBytes();

        foreach (var form in new[] { $"{address}", $"::ffff:{address}", $"::{address}", $"64:ff9b::{address}", $"2002:{bytes[0]:x2}{bytes[1]:x2}:{bytes[2]:x2}{bytes[3]:x2}::1" })
        {
            ReachableAddresses.Public.Includes(IPAddress.Parse(form)).ShouldBeFalse(form);
        }
    }
}
