using System.Buffers;
using System.Text.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.WebApi.Protocol;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Protocol;

public sealed class WireNetworkTests
{
    [Theory]
    [InlineData("\"none\"", NetworkMode.None)]
    [InlineData("\"open\"", NetworkMode.Open)]
    [InlineData("\"allow_list\"", NetworkMode.AllowList)]
    [InlineData("""{"mode":"open"}""", NetworkMode.Open)]
    [InlineData("""{"mode":"allow_list","hosts":null,"more":1}""", NetworkMode.AllowList)]
    public void Parse_WhenItHasNoHosts_ShouldBeTheMode(string json, NetworkMode expected) =>
        WireNetwork.Parse(JsonElement.Parse(json)).Value.ShouldBe(new NetworkPolicy(expected, []));

    [Fact]
    public void Parse_WhenItHasHosts_ShouldHaveThem() =>
        WireNetwork.Parse(JsonElement.Parse("""{"mode":"allow_list","hosts":["api.github.com","*.nuget.org"]}""")).Value
            .ShouldBe(NetworkPolicy.AllowList("api.github.com", "*.nuget.org"));

    [Fact]
    public void Parse_WhenThereIsNothing_ShouldBeNothing()
    {
        WireNetwork.Parse(null).Value.ShouldBeNull();
        WireNetwork.Parse(JsonElement.Parse("null")).Value.ShouldBeNull();
    }

    [Theory]
    [InlineData("\"AllowList\"")]
    [InlineData("\"allow-list\"")]
    [InlineData("true")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"mode":1}""")]
    [InlineData("""{"mode":"none","hosts":["a.example"]}""")]
    [InlineData("""{"mode":"open","hosts":["a.example"]}""")]
    [InlineData("""{"mode":"allow_list","hosts":"a.example"}""")]
    [InlineData("""{"mode":"allow_list","hosts":[null]}""")]
    public void Parse_WhenItIsNone_ShouldNameTheField(string json)
    {
        var error = WireNetwork.Parse(JsonElement.Parse(json)).Error!;

        error.Code.ShouldBe("WS_005");
        error.Details["field"].ShouldBe("network");
    }

    [Theory]
    [InlineData(null, """{"mode":"none"}""")]
    [InlineData(NetworkMode.None, """{"mode":"none"}""")]
    [InlineData(NetworkMode.Open, """{"mode":"open"}""")]
    [InlineData(NetworkMode.AllowList, """{"mode":"allow_list","hosts":["a.example"]}""")]
    public void Settings_ShouldShowTheNetwork(NetworkMode? mode, string expected)
    {
        var settings = new SessionSettings
        {
            Name = "Mine",
            Network = mode is { } chosen ? PolicyOf(chosen) : null,
        };

        var frame = Encode(new FeedItem.Durable(new StoredEvent(1, DateTimeOffset.UnixEpoch, new SessionCreated(settings))));

        frame.GetProperty("data").GetProperty("network").GetRawText().ShouldBe(expected);
    }

    [Fact]
    public void Refusal_ShouldBeANoticeThatAProgramCanActOn()
    {
        var frame = Encode(new FeedItem.EgressRefused(new EgressRefusal("pypi.org", 443, NetworkRefusal.NotListed)));

        frame.GetProperty("type").GetString().ShouldBe("server_notice");
        frame.TryGetProperty("seq", out _).ShouldBeFalse();
        frame.GetProperty("content").GetString()!.ShouldContain("pypi.org:443");
        frame.GetProperty("data").GetRawText().ShouldBe("""{"reason":"egress_refused","host":"pypi.org","port":443,"why":"not_listed"}""");
    }

    [Theory]
    [InlineData(NetworkRefusal.NoNetwork, "no_network")]
    [InlineData(NetworkRefusal.ServerLimit, "server_limit")]
    [InlineData(NetworkRefusal.Denied, "denied")]
    [InlineData(NetworkRefusal.PrivateAddress, "private_address")]
    [InlineData(NetworkRefusal.InvalidHost, "invalid_host")]
    public void Refusal_WhateverItsReason_ShouldHaveAWordAndASentence(NetworkRefusal reason, string word)
    {
        WireNetwork.Of(reason).ShouldBe(word);
        new EgressRefusal("a.example", 0, reason).Message.ShouldStartWith("a.example is out of this session's reach: ");
    }

    private static NetworkPolicy PolicyOf(NetworkMode mode) => new(mode, mode == NetworkMode.AllowList ? ["a.example"] : []);

    private static JsonElement Encode(FeedItem item)
    {
        var output = new ArrayBufferWriter<byte>();
        new EventEncoder(SessionId.New(DateTimeOffset.UnixEpoch), new FakeTimeProvider()).Write(output, item);
        return JsonDocument.Parse(output.WrittenMemory).RootElement;
    }
}
