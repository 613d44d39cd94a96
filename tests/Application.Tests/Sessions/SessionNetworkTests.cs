using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Tests.Support;
using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using NSubstitute;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Sessions;

/// <summary>What of the network a session gets, and what becomes of it when that changes.</summary>
public sealed class SessionNetworkTests
{
    private static readonly NetworkPolicy SomeHosts = NetworkPolicy.AllowList("api.github.com");

    [Fact]
    public async Task Create_WhenNothingIsAskedFor_ShouldGiveNothing()
    {
        await using var node = await Node.StartAsync();

        var session = await node.CreateSessionAsync();
        var agent = await node.Agents.NextAsync();

        agent.Launch.Settings.Network.ShouldBe(NetworkPolicy.None);
        agent.Launch.EgressSocketPath.ShouldBeNull();
        await node.Egress.DidNotReceiveWithAnyArgs().OpenAsync(default, default!, default!, default!, default);
        (await node.AttachAsync(session)).State.Settings.Network.ShouldBe(NetworkPolicy.None);
    }

    [Fact]
    public async Task Create_WhenAListIsAskedFor_ShouldOpenAProxyWithItBesideTheApisSocket()
    {
        await using var node = await Node.StartAsync(network: options => options.DeniedHosts.Add("evil.test"));

        var created = await CreateAsync(node, NetworkPolicy.AllowList("API.GitHub.com.", "api.github.com"));
        var agent = await node.Agents.NextAsync();

        agent.Launch.EgressSocketPath.ShouldBe("/run/egress.sock");
        await node.Egress.Received().OpenAsync(
            created.Value.Id,
            "/run",
            Arg.Is<NetworkRules>(rules => rules.Policy.Equals(SomeHosts) && rules.Most.Mode == NetworkMode.Open && rules.Denied.Single() == "evil.test"),
            Arg.Any<Action<EgressRefusal>>(),
            Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task Create_WhenSessionsAreNotSandboxed_ShouldOpenNoProxyThatNothingWouldHoldThemTo()
    {
        await using var node = await Node.StartAsync();
        node.Agents.IsIsolating = false;

        await CreateAsync(node, NetworkPolicy.Open);
        var agent = await node.Agents.NextAsync();

        agent.Launch.EgressSocketPath.ShouldBeNull();
    }

    [Fact]
    public async Task SetNetwork_WhileTheAgentStartsAndAMessageWaits_ShouldNotLoseTheMessage()
    {
        await using var node = await Node.StartAsync();
        node.Agents.HoldsStart = new TaskCompletionSource();
        var session = await node.CreateSessionAsync();
        await node.Agents.NextAsync();
        await node.ChatAsync(session, "hello");

        await node.SendAsync(new SetNetwork(Node.Owner, session, SomeHosts));
        node.Agents.HoldsStart.SetResult();

        var second = await node.Agents.NextAsync();
        second.Launch.EgressSocketPath.ShouldNotBeNull();
        (await second.NextMessageAsync()).Text.ShouldBe("hello");
    }

    [Theory]
    [InlineData(NetworkMode.None, "", "api.github.com", false)]
    [InlineData(NetworkMode.AllowList, "*.github.com", "api.github.com", true)]
    [InlineData(NetworkMode.AllowList, "*.github.com", "github.com", false)]
    [InlineData(NetworkMode.AllowList, "*.github.com", "api.github.com:22", false)]
    [InlineData(NetworkMode.AllowList, "*.github.com", "", false)]
    [InlineData(NetworkMode.Open, "", "anything.test:22", true)]
    public async Task Create_WhenTheServerAllowsSoMuch_ShouldRefuseMore(NetworkMode most, string mostHosts, string asked, bool isGranted)
    {
        await using var node = await Node.StartAsync(network: options =>
        {
            options.MaxMode = most;
            foreach (var host in mostHosts.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                options.MaxHosts.Add(host);
            }
        });

        var created = await CreateAsync(node, asked.Length == 0 ? NetworkPolicy.Open : NetworkPolicy.AllowList(asked));

        created.IsSuccess.ShouldBe(isGranted);
        (created.Error?.Code ?? "SESSION_016").ShouldBe("SESSION_016");
    }

    [Fact]
    public async Task Create_WhenTheServerHasADefaultList_ShouldGiveIt()
    {
        await using var node = await Node.StartAsync(network: options =>
        {
            options.Mode = NetworkMode.AllowList;
            options.Hosts.Add("api.github.com");
        });

        await CreateAsync(node, null);
        await CreateAsync(node, NetworkPolicy.AllowList());
        await CreateAsync(node, NetworkPolicy.None);

        (await node.Agents.NextAsync()).Launch.Settings.Network.ShouldBe(SomeHosts);
        (await node.Agents.NextAsync()).Launch.Settings.Network.ShouldBe(SomeHosts);
        (await node.Agents.NextAsync()).Launch.Settings.Network.ShouldBe(NetworkPolicy.None);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Network_WhenTheMachineCannot_ShouldSayWhy(bool later)
    {
        await using var node = await Node.StartAsync();
        node.Agents.NoNetwork = "socat is not installed.";

        var error = later
            ? (await SetAsync(node, await node.CreateSessionAsync(), SomeHosts)).Error!
            : (await CreateAsync(node, SomeHosts)).Error!;

        error.Code.ShouldBe("SESSION_016");
        error.Message.ShouldEndWith("socat is not installed.");
    }

    [Fact]
    public async Task Wake_WhenTheMachineCanNoMore_ShouldNotStartWithMoreThanTheListAllows()
    {
        await using var node = await Node.StartAsync();
        var session = (await CreateAsync(node, SomeHosts)).Value.Id;
        await node.StatusAsync(session, SessionStatus.Idle);
        await node.SendAsync(new HibernateSession(Node.Owner, session));
        node.Agents.NoNetwork = "there is no sandbox.";

        await node.AttachAsync(session);

        (await node.EventAsync<SessionErrorRaised>(session)).Message.ShouldContain("there is no sandbox.");
        await node.StatusAsync(session, SessionStatus.Failed);
    }

    [Theory]
    [InlineData("127.1")]
    [InlineData("*")]
    [InlineData("a b")]
    public async Task Network_WhenAHostIsNone_ShouldNameTheField(string host)
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();

        var created = (await CreateAsync(node, NetworkPolicy.AllowList(host))).Error!;
        var changed = (await SetAsync(node, session, NetworkPolicy.AllowList(host))).Error!;

        created.Code.ShouldBe("WS_005");
        created.Message.ShouldContain(host);
        changed.Code.ShouldBe("WS_005");
    }

    [Fact]
    public async Task SetNetwork_WhenTheAgentHasAWayOut_ShouldHoldAtOnceWithoutAnotherStart()
    {
        await using var node = await Node.StartAsync();
        var session = (await CreateAsync(node, NetworkPolicy.Open)).Value.Id;
        var agent = await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);

        (await SetAsync(node, session, SomeHosts)).IsSuccess.ShouldBeTrue();

        node.Egress.Received().Apply(session, Arg.Is<NetworkRules>(rules => rules.Policy.Equals(SomeHosts)));
        agent.Controls.ShouldBeEmpty();
        (await node.EventAsync<SettingsChanged>(session)).Settings.Network.ShouldBe(SomeHosts);
    }

    [Fact]
    public async Task SetNetwork_WhenTheIdleAgentHasNone_ShouldStartAnother()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);

        await SetAsync(node, session, SomeHosts);
        var next = await node.Agents.NextAsync();

        next.Launch.EgressSocketPath.ShouldBe("/run/egress.sock");
        await node.StatusAsync(session, SessionStatus.Idle);
    }

    [Fact]
    public async Task SetNetwork_WhenTheAgentIsAtWork_ShouldStartAnotherWhenItRests()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        var agent = await node.Agents.NextAsync();
        await node.ChatAsync(session, "work");
        await agent.NextMessageAsync();
        agent.BeginTurn();

        await SetAsync(node, session, SomeHosts);
        agent.Controls.ShouldBeEmpty();
        agent.EndTurn();

        (await node.Agents.NextAsync()).Launch.EgressSocketPath.ShouldBe("/run/egress.sock");
        (await node.EventAsync<TurnCompleted>(session)).StopReason.ShouldBe("end_turn");
    }

    [Fact]
    public async Task SetNetwork_WhenItIsTheSame_ShouldRecordNothing()
    {
        await using var node = await Node.StartAsync();
        var session = (await CreateAsync(node, SomeHosts)).Value.Id;
        await node.StatusAsync(session, SessionStatus.Idle);

        await SetAsync(node, session, NetworkPolicy.AllowList("api.GITHUB.com"));

        node.Store.Events(session).ShouldNotContain(stored => stored.Event is SettingsChanged);
    }

    [Fact]
    public async Task Agent_WhenItEnds_ShouldTakeItsConnectionsWithIt()
    {
        await using var node = await Node.StartAsync();
        var session = (await CreateAsync(node, SomeHosts)).Value.Id;
        await node.StatusAsync(session, SessionStatus.Idle);
        var agent = await node.Agents.NextAsync();

        agent.Die(137);

        await Eventually.ShouldHoldAsync(
            () => node.Egress.ReceivedCalls().Any(call => call.GetMethodInfo().Name == nameof(IEgressProxy.CloseAsync)), "the proxy was closed");
    }

    [Fact]
    public async Task Refusal_ShouldBeToldToWhoeverWatches_AndNotBeKept()
    {
        await using var node = await Node.StartAsync();
        Action<EgressRefusal>? refused = null;
        node.Egress.OpenAsync(default, default!, default!, Arg.Do<Action<EgressRefusal>>(given => refused = given), default).ReturnsForAnyArgs("/run/egress.sock");
        var session = (await CreateAsync(node, SomeHosts)).Value.Id;
        await node.StatusAsync(session, SessionStatus.Idle);
        var refusal = new EgressRefusal("other.test", 443, NetworkRefusal.NotListed);

        refused!(refusal);

        await Eventually.ShouldHoldAsync(
            () => node.Coordination.Published.OfType<FeedItem.EgressRefused>().Any(item => item.Refusal == refusal), "it was published");
    }

    [Theory]
    [InlineData("Hosts", "127.1")]
    [InlineData("MaxHosts", "*")]
    [InlineData("DeniedHosts", "")]
    public void Settings_WhenAHostIsNone_ShouldNameTheSetting(string setting, string host)
    {
        var options = new NetworkOptions();
        ((IList<string>)typeof(NetworkOptions).GetProperty(setting)!.GetValue(options)!).Add(host);

        new NetworkOptionsValidator().Validate(null, options).FailureMessage!.ShouldContain($"Claudy:Network:{setting}");
    }

    [Fact]
    public void Settings_WhenTheDefaultIsMoreThanTheMost_ShouldBeRefused()
    {
        var validator = new NetworkOptionsValidator();

        validator.Validate(null, new NetworkOptions { Mode = NetworkMode.Open, MaxMode = NetworkMode.None }).Failed.ShouldBeTrue();
        validator.Validate(null, new NetworkOptions { Mode = NetworkMode.AllowList }).Failed.ShouldBeTrue();
        validator.Validate(null, new NetworkOptions()).Succeeded.ShouldBeTrue();
    }

    private static Task<Result<CreatedSession>> CreateAsync(Node node, NetworkPolicy? network) =>
        node.SendAsync(new CreateSession(Node.Owner, new SessionSettings { Name = "test", Network = network }, null));

    private static Task<Result<SessionReply.Done>> SetAsync(Node node, SessionId session, NetworkPolicy network) =>
        node.SendAsync(new SetNetwork(Node.Owner, session, network));
}
