using System.Net.Sockets;
using Claudy.Domain.Networking;
using Claudy.Integration.Tests.Processes;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Egress;

/// <summary>What comes through, over the real socket to a real server.</summary>
public sealed class EgressProxyTests
{
    [Fact]
    public async Task Open_ShouldPutASocketForTheOwnerOnlyIntoTheFolder()
    {
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.Open);

        fixture.SocketPath.ShouldBe(Path.Combine(fixture.Folder, "egress.sock"));
        File.GetUnixFileMode(fixture.SocketPath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task Connect_WhenTheHostIsListed_ShouldCarryBytesBothWaysToTheEnd()
    {
        await using var echo = LoopbackHost.StartEcho();
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.AllowList($"allowed.test:{echo.Port}"));
        fixture.Names.Add("allowed.test", "127.0.0.1");
        using var connection = await fixture.ConnectAsync();

        await connection.SendAsync($"CONNECT Allowed.Test.:{echo.Port} HTTP/1.1\r\nHost: x\r\n\r\nearly ");
        var answer = await connection.ReadUntilAsync("\r\n\r\n");
        await connection.SendAsync("late");
        connection.Socket.Shutdown(SocketShutdown.Send);

        answer.ShouldBe("HTTP/1.1 200 Connection established\r\n\r\n");
        (await connection.ReadToEndAsync()).ShouldBe("early late");
    }

    [Fact]
    public async Task Connect_WhenMuchIsSent_ShouldLoseNothing()
    {
        await using var echo = LoopbackHost.StartEcho();
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.Open);
        fixture.Names.Add("allowed.test", "127.0.0.1");
        var much = string.Concat(Enumerable.Range(0, 500_000).Select(i => $"{i} "));
        using var connection = await fixture.ConnectAsync();
        await connection.SendAsync($"CONNECT allowed.test:{echo.Port} HTTP/1.1\r\n\r\n");
        await connection.ReadUntilAsync("\r\n\r\n");

        var reading = connection.ReadToEndAsync();
        await connection.SendAsync(much);
        connection.Socket.Shutdown(SocketShutdown.Send);

        (await reading == much).ShouldBeTrue();
    }

    [Fact]
    public async Task Get_WhenTheHostIsListed_ShouldTellTheHostWhatWasJudgedAndNothingOfTheProxy()
    {
        await using var host = LoopbackHost.Start();
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.AllowList($"allowed.test:{host.Port}"));
        fixture.Names.Add("allowed.test", "127.0.0.1");

        var answer = await fixture.AskAsync(
            $"GET http://ALLOWED.test:{host.Port}/a?b=c HTTP/1.1\r\nHost: other.test\r\nProxy-Authorization: Basic eA==\r\nProxy-Connection: keep-alive\r\n"
            + "Connection: keep-alive\r\nAccept: */*\r\nX-Odd: é\r\n\r\n");

        answer.ShouldStartWith("HTTP/1.1 200 OK");
        answer.ShouldEndWith("reached\n");
        host.Requests.ShouldHaveSingleItem().ShouldBe(
            $"GET /a?b=c HTTP/1.1\r\nHost: allowed.test:{host.Port}\r\nConnection: close\r\nAccept: */*\r\nX-Odd: é\r\n\r\n");
    }

    [Fact]
    public async Task Post_WhenItHasABody_ShouldPassItOn()
    {
        await using var host = LoopbackHost.Start();
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.AllowList($"allowed.test:{host.Port}"));
        fixture.Names.Add("allowed.test", "127.0.0.1");
        var body = new string('b', 100_000);

        var answer = await fixture.AskAsync($"POST http://allowed.test:{host.Port} HTTP/1.1\r\nContent-Length: {body.Length}\r\n\r\n{body}");

        answer.ShouldEndWith("reached\n");
        host.Requests.ShouldHaveSingleItem().ShouldEndWith($"\r\n\r\n{body}");
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "this is a proxy")]
    [InlineData("GET https://a.test/ HTTP/1.1\r\n\r\n", "this is a proxy")]
    [InlineData("CONNECT a.test HTTP/1.1\r\n\r\n", "a host and a port")]
    [InlineData("CONNECT a.test:0 HTTP/1.1\r\n\r\n", "a host and a port")]
    [InlineData("CONNECT a.test:99999 HTTP/1.1\r\n\r\n", "a host and a port")]
    [InlineData("CONNECT :443 HTTP/1.1\r\n\r\n", "a host and a port")]
    [InlineData("GET http://user@a.test/ HTTP/1.1\r\n\r\n", "a name of a user")]
    [InlineData("GET http:///x HTTP/1.1\r\n\r\n", "no host")]
    [InlineData("CONNECT a.test:443 HTTP/2\r\n\r\n", "malformed")]
    [InlineData("CONNECT  a.test:443 HTTP/1.1\r\n\r\n", "malformed")]
    [InlineData("CONNECT a.test\0:443 HTTP/1.1\r\n\r\n", "malformed")]
    [InlineData("CONNECT a.tést:443 HTTP/1.1\r\n\r\n", "malformed")]
    [InlineData("GET http://a.test/ HTTP/1.1\r\nA: b\nHost: x\r\n\r\n", "malformed")]
    [InlineData("GET http://a.test/ HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "malformed")]
    [InlineData("GET http://a.test/ HTTP/1.1\r\nA : b\r\n\r\n", "malformed")]
    [InlineData("GET http://a.test/ HTTP/1.1\r\nno colon\r\n\r\n", "malformed")]
    [InlineData("\u0016\u0003\u0001\r\n\r\n", "malformed")]
    [InlineData("\r\n\r\n", "malformed")]
    public async Task Request_WhenItIsMalformed_ShouldBeToldSo(string request, string why)
    {
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.Open);

        var answer = await fixture.AskAsync(request);

        answer.ShouldStartWith("HTTP/1.1 400 ");
        answer.ShouldContain(why);
        fixture.Names.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task Request_WhenItsHeadIsTooLarge_ShouldBeToldSo()
    {
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.Open);

        var answer = await fixture.AskAsync($"GET http://a.test/ HTTP/1.1\r\nA: {new string('a', 20_000)}\r\n\r\n");

        answer.ShouldStartWith("HTTP/1.1 431 ");
    }

    [Fact]
    public async Task Connect_WhenThereIsNoSuchNameOrNobodyListens_ShouldSaySo()
    {
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.Open);
        fixture.Names.Add("closed.test", "127.0.0.1");
        int closed;
        await using (var host = LoopbackHost.Start())
        {
            closed = host.Port;
        }

        (await fixture.TunnelAsync("nowhere.test:443")).ShouldContain("502 Bad Gateway");
        (await fixture.TunnelAsync($"closed.test:{closed}")).ShouldContain("it refused the connection.");
        fixture.Refusals.ShouldBeEmpty();
    }

    [Fact]
    public async Task Connect_WhenTheFirstAddressIsDead_ShouldTryTheNext()
    {
        await using var host = LoopbackHost.Start();
        await using var fixture = await EgressFixture.OpenAsync(
            NetworkPolicy.Open, ("Claudy:Network:PrivateNetworks:1", "127.0.0.9/32"));
        fixture.Names.Add("two.test", "127.0.0.9", "127.0.0.1");

        var answer = await fixture.AskAsync($"GET http://two.test:{host.Port}/ HTTP/1.1\r\n\r\n");

        answer.ShouldEndWith("reached\n");
    }

    [Fact]
    public async Task Tunnel_WhenItIsSilentForTooLong_ShouldBeCut()
    {
        await using var echo = LoopbackHost.StartEcho();
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.Open, ("Claudy:Network:IdleTimeout", "00:00:01"));
        using var connection = await TunnelAsync(fixture, echo.Port);

        (await connection.ReadToEndAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Connect_WhenTheSessionHoldsTooManyConnections_ShouldBeDropped()
    {
        await using var echo = LoopbackHost.StartEcho();
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.Open, ("Claudy:Network:MaxConnections", "1"));
        using var first = await TunnelAsync(fixture, echo.Port);

        using var second = await fixture.ConnectAsync();

        (await second.ReadToEndAsync()).ShouldBeEmpty();
        await first.SendAsync("still here");
        (await first.ReadUntilAsync("here")).ShouldBe("still here");
    }

    [Fact]
    public async Task Apply_WhenTheHostIsNoLongerAllowed_ShouldCutItsTunnelsAndNoOthers()
    {
        await using var echo = LoopbackHost.StartEcho();
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.Open);
        using var tunnel = await TunnelAsync(fixture, echo.Port);
        fixture.Names.Add("kept.test", "127.0.0.1");
        using var kept = await TunnelAsync(fixture, echo.Port, "kept.test");

        fixture.Proxy.Apply(fixture.Session, EgressFixture.Rules(NetworkPolicy.AllowList($"kept.test:{echo.Port}")));

        (await tunnel.ReadToEndAsync()).ShouldBeEmpty();
        await kept.SendAsync("still here");
        (await kept.ReadUntilAsync("here")).ShouldBe("still here");
        (await fixture.TunnelAsync($"allowed.test:{echo.Port}")).ShouldStartWith("HTTP/1.1 403 ");
    }

    [Fact]
    public async Task Close_ShouldCutTunnelsAndRemoveTheSocket_AndOpenShouldMakeAnother()
    {
        await using var echo = LoopbackHost.StartEcho();
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.Open);
        using var tunnel = await TunnelAsync(fixture, echo.Port);

        await fixture.Proxy.CloseAsync(fixture.Session);
        var isThere = File.Exists(fixture.SocketPath);
        var rest = await tunnel.ReadToEndAsync();
        await fixture.OpenAsync(EgressFixture.Rules(NetworkPolicy.Open));
        using var again = await TunnelAsync(fixture, echo.Port);

        isThere.ShouldBeFalse();
        rest.ShouldBeEmpty();
        await fixture.Proxy.CloseAsync(fixture.Session);
        await fixture.Proxy.CloseAsync(fixture.Session);
    }

    [Fact]
    public async Task Child_WhenItHangsUp_ShouldHangUpOnTheHost()
    {
        await using var echo = LoopbackHost.StartEcho();
        await using var fixture = await EgressFixture.OpenAsync(NetworkPolicy.Open);
        var tunnel = await TunnelAsync(fixture, echo.Port);

        tunnel.Dispose();

        await Eventually.IsTrueAsync(() => echo.Ended == 1, "the host saw the end");
    }

    private static async Task<ProxyConnection> TunnelAsync(EgressFixture fixture, int port, string name = "allowed.test")
    {
        fixture.Names.Add("allowed.test", "127.0.0.1");
        var connection = await fixture.ConnectAsync();
        await connection.SendAsync($"CONNECT {name}:{port} HTTP/1.1\r\n\r\n");
        (await connection.ReadUntilAsync("\r\n\r\n")).ShouldStartWith("HTTP/1.1 200 ");
        return connection;
    }
}
