using System.Net;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Networking;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Egress;

/// <summary>What does not come through, and who hears of it.</summary>
public sealed class EgressRefusalTests
{
    [Fact]
    public async Task Connect_WhenTheHostIsNotListed_ShouldRefuseWithoutAskingForItsAddress()
    {
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.AllowList("allowed.test", "*.wild.test"));

        var answer = await fixture.TunnelAsync("other.test:443");

        answer.ShouldStartWith("HTTP/1.1 403 ");
        answer.ShouldEndWith("Claudy: other.test:443 is out of this session's reach: it is not on its list of hosts. Its owner can add it with set_network.\n");
        fixture.Refusals.ShouldHaveSingleItem().ShouldBe(new EgressRefusal("other.test", 443, NetworkRefusal.NotListed));
        fixture.Names.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task Get_WhenTheHostIsNotListed_ShouldShowWhyToTheProgram()
    {
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.AllowList("allowed.test"));

        var answer = await fixture.AskAsync("GET http://allowed.test.evil.test/ HTTP/1.1\r\nHost: allowed.test\r\n\r\n");

        answer.ShouldStartWith("HTTP/1.1 403 ");
        fixture.Refusals.ShouldHaveSingleItem().Host.ShouldBe("allowed.test.evil.test");
    }

    [Theory]
    [InlineData("127.0.0.2")]
    [InlineData("10.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.2")]
    [InlineData("fd00:ec2::254")]
    [InlineData("127.0.0.1", "127.0.0.2")]
    [InlineData("8.8.8.8", "10.0.0.1")]
    public async Task Connect_WhenAnyAddressOfTheNameIsPrivate_ShouldRefuse(params string[] addresses)
    {
        await using var own = LoopbackHost.Start();
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.AllowList($"sly.test:{own.Port}"));
        fixture.Names.Add("sly.test", addresses);

        var answer = await fixture.TunnelAsync($"sly.test:{own.Port}");

        answer.ShouldStartWith("HTTP/1.1 403 ");
        fixture.Refusals.ShouldHaveSingleItem().Reason.ShouldBe(NetworkRefusal.PrivateAddress);
        own.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task Connect_WhenTheNameIsAnotherAddressTheNextMoment_ShouldUseTheOneThatWasJudged()
    {
        await using var judged = LoopbackHost.Start();
        await using var hidden = LoopbackHost.Start("127.0.0.2", judged.Port);
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.Open);
        fixture.Names.Add("rebound.test", ["127.0.0.1"], ["127.0.0.2"]);

        var first = await fixture.AskAsync($"GET http://rebound.test:{judged.Port}/ HTTP/1.1\r\n\r\n");
        var second = await fixture.AskAsync($"GET http://rebound.test:{judged.Port}/ HTTP/1.1\r\n\r\n");

        first.ShouldEndWith("reached\n");
        second.ShouldStartWith("HTTP/1.1 403 ");
        fixture.Names.Asked.Count.ShouldBe(2);
        judged.Connections.ShouldBe(1);
        hidden.Connections.ShouldBe(0);
    }

    [Theory]
    [InlineData("127.0.0.2")]
    [InlineData("127.2")]
    [InlineData("2130706434")]
    [InlineData("0x7f000002")]
    [InlineData("0177.0.0.2")]
    [InlineData("127.0.0.2.")]
    [InlineData("[::1]")]
    [InlineData("[::ffff:127.0.0.2]")]
    [InlineData("[::ffff:7f00:2]")]
    [InlineData("[fe80::1%25lo]")]
    [InlineData("169.254.169.254")]
    public async Task Connect_WhenItIsAPrivateAddressInAnySpelling_ShouldRefuseEvenWhereAllIsOpen(string host)
    {
        await using var hidden = LoopbackHost.Start("127.0.0.2");
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.Open);

        var answer = await fixture.TunnelAsync($"{host}:{hidden.Port}");

        answer.ShouldStartWith("HTTP/1.1 403 ");
        fixture.Refusals.ShouldHaveSingleItem().Host.ShouldBe(host);
        fixture.Names.Asked.ShouldBeEmpty();
        hidden.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task Connect_WhenAnAddressIsListedAndOpened_ShouldAllowItInItsOneSpelling()
    {
        await using var host = LoopbackHost.Start();
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.AllowList($"127.0.0.1:{host.Port}"));

        (await fixture.AskAsync($"GET http://127.0.0.1:{host.Port}/ HTTP/1.1\r\n\r\n")).ShouldEndWith("reached\n");
        (await fixture.AskAsync($"GET http://127.1:{host.Port}/ HTTP/1.1\r\n\r\n")).ShouldStartWith("HTTP/1.1 403 ");
    }

    [Theory]
    [InlineData("8.8.4.4")]
    [InlineData("::ffff:8.8.4.4")]
    public async Task Connect_WhenTheAddressIsThisMachinesOwn_ShouldRefuse(string address)
    {
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.Open);
        fixture.Names.Add("self.test", address);
        fixture.Names.Own.Add(IPAddress.Parse("8.8.4.4"));

        var answer = await fixture.TunnelAsync("self.test:443");

        answer.ShouldStartWith("HTTP/1.1 403 ");
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    public async Task Connect_WhenTheServerDeniesTheAddressBehindTheName_ShouldRefuse(string address)
    {
        await using var host = LoopbackHost.Start();
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.Open);
        fixture.Names.Add("front.test", address);
        fixture.Proxy.Apply(fixture.Session, EgressFixture.Rules(NetworkPolicy.Open, "127.0.0.1"));

        await fixture.TunnelAsync($"front.test:{host.Port}");

        fixture.Refusals.ShouldHaveSingleItem().Reason.ShouldBe(NetworkRefusal.Denied);
        host.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task Refusals_WhenThereAreMany_ShouldBeToldOnceEachAndNotForever()
    {
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.AllowList("allowed.test"));

        for (var i = 0; i < 60; i++)
        {
            await fixture.TunnelAsync($"h{i}.test:443");
            await fixture.TunnelAsync("again.test:443");
        }

        fixture.Refusals.Count.ShouldBe(50);
        fixture.Refusals.Count(refusal => refusal.Host == "again.test").ShouldBe(1);
    }
}
