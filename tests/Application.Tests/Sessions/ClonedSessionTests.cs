using Claudy.Application.Files.Ports;
using Claudy.Application.Sessions;
using Claudy.Application.Tests.Support;
using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using NSubstitute;
using NSubstitute.ExceptionExtensions;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Sessions;

public sealed class ClonedSessionTests
{
    private const string Url = "https://git.test/a.git";

    [Fact]
    public async Task Create_WhenTheRepositoryIsThere_ShouldRecordItsCommitAndStartTheAgent()
    {
        await using var node = await Node.StartAsync();
        node.Cloner.CloneAsync(default!, default).ReturnsForAnyArgs(new ClonedRepository("c0ffee"));

        var created = await node.SendAsync(Create(new RepositoryRequest(Url, "main", new Secret("token"))));

        (await node.Agents.NextAsync()).Launch.SessionId.ShouldBe(created.Value.Id);
        node.Store.Events(created.Value.Id)[1].Event.ShouldBe(new RepositoryCloned(Url, "main", "c0ffee"));
        await node.Cloner.Received(1).CloneAsync(
            Arg.Is<RepositoryClone>(clone => clone.Session == created.Value.Id && clone.Source.Url == Url && clone.Token!.Reveal() == "token"), Arg.Any<CancellationToken>());
        (await node.AttachAsync(created.Value.Id)).State.Settings.Name.ShouldBe("test");
    }

    [Fact]
    public async Task Create_WhileItIsFetched_ShouldBeSeenByNobody()
    {
        await using var node = await Node.StartAsync();
        var fetching = new TaskCompletionSource<Result<ClonedRepository>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = new TaskCompletionSource<RepositoryClone>(TaskCreationOptions.RunContinuationsAsynchronously);
        node.Cloner.CloneAsync(Arg.Do<RepositoryClone>(clone => asked.TrySetResult(clone)), default).ReturnsForAnyArgs(fetching.Task);

        var creating = node.SendAsync(Create(new RepositoryRequest(Url, null, null)));
        var clone = await asked.Task.WaitAsync(Eventually.Deadline);

        (await node.SendAsync(new ListSessions(Node.Owner, null, null, 10, null))).Value.Sessions.ShouldBeEmpty();
        (await node.SendAsync(new GetSession(Node.Owner, clone.Session))).Error!.Code.ShouldBe("SESSION_002");
        fetching.SetResult(new ClonedRepository("c0ffee"));
        (await creating).IsSuccess.ShouldBeTrue();
        (await node.SendAsync(new ListSessions(Node.Owner, null, null, 10, null))).Value.Sessions.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Create_WhenItCannotBeFetched_ShouldLeaveNothing()
    {
        await using var node = await Node.StartAsync();
        var source = RepositorySource.Parse(Url, null).Value;
        node.Cloner.CloneAsync(default!, default).ReturnsForAnyArgs(RepositoryErrors.NotFound(source, hadToken: false));

        var refused = await node.SendAsync(Create(new RepositoryRequest(Url, null, null)));

        refused.Error!.Code.ShouldBe("REPO_004");
        await ShouldHoldNothingAsync(node);
    }

    [Fact]
    public async Task Create_WhenFetchingFailsInAWayOfItsOwn_ShouldLeaveNothing()
    {
        await using var node = await Node.StartAsync();
        node.Cloner.CloneAsync(default!, default).ThrowsAsyncForAnyArgs(new IOException("the disk"));

        (await node.SendAsync(Create(new RepositoryRequest(Url, null, null)))).Error!.Code.ShouldBe("SERVER_001");

        await ShouldHoldNothingAsync(node);
    }

    [Fact]
    public async Task Create_WhenTheNetworkDoesNotAllowTheHost_ShouldNotEvenTry()
    {
        await using var node = await Node.StartAsync(network: options => options.DeniedHosts.Add("denied.test"));
        var none = Create(new RepositoryRequest(Url, null, null));

        (await node.SendAsync(none with { Settings = none.Settings with { Network = NetworkPolicy.None } })).Error!.Code.ShouldBe("REPO_002");
        (await node.SendAsync(Create(new RepositoryRequest("https://other.test/a.git", null, null)))).Error!.Code.ShouldBe("REPO_003");
        (await node.SendAsync(none with { Repository = new RepositoryRequest("https://denied.test/a", null, null), Settings = none.Settings with { Network = NetworkPolicy.Open } }))
            .Error!.Code.ShouldBe("REPO_003");

        await node.Cloner.DidNotReceiveWithAnyArgs().CloneAsync(default!, default);
    }

    [Theory]
    [InlineData("two\nlines")]
    [InlineData("a space")]
    [InlineData("\u00fcber")]
    public async Task Create_WhenTheTokenCouldBeReadAsMore_ShouldRefuseWithoutRepeatingIt(string token)
    {
        await using var node = await Node.StartAsync();

        var refused = await node.SendAsync(Create(new RepositoryRequest(Url, null, new Secret(token))));

        refused.Error!.Code.ShouldBe("WS_005");
        refused.Error.Message.ShouldNotContain(token);
        await node.Cloner.DidNotReceiveWithAnyArgs().CloneAsync(default!, default);
    }

    private static CreateSession Create(RepositoryRequest repository) =>
        new(Node.Owner, new SessionSettings { Name = "test", Network = NetworkPolicy.AllowList("git.test") }, null) { Repository = repository };

    private static async Task ShouldHoldNothingAsync(Node node)
    {
        (await node.SendAsync(new ListSessions(Node.Owner, null, null, 10, null))).Value.Sessions.ShouldBeEmpty();
        await node.Files.ReceivedWithAnyArgs(1).RemoveAsync(default, default);
        (await node.Store.ListDeletingAsync(null, 10, CancellationToken.None)).ShouldBeEmpty();
    }
}
