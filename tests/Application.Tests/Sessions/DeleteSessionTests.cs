using Claudy.Application.Credentials;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Files.Ports;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Tests.Support;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using NSubstitute;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Sessions;

public sealed class DeleteSessionTests
{
    [Fact]
    public async Task Delete_ShouldEndTheProcessBeforeItRemovesAnything()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        var agent = await node.Agents.NextAsync();
        await node.ChatAsync(session, "hello");
        agent.BeginTurn();
        agent.HoldsStop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        var deleting = node.SendAsync(new DeleteSession(Node.Owner, session));
        await Eventually.ShouldHoldAsync(() => agent.Controls.Contains("stop"), "the agent was told to stop");

        deleting.IsCompleted.ShouldBeFalse();
        node.Store.Events(session).ShouldNotBeEmpty();
        await node.Files.DidNotReceiveWithAnyArgs().RemoveAsync(default, default);
        agent.HoldsStop.SetResult();
        (await deleting).IsSuccess.ShouldBeTrue();
        agent.IsDisposed.ShouldBeTrue();
        await ShouldBeGoneAsync(node, session);
        await node.Files.Received().RemoveAsync(session, Arg.Any<CancellationToken>());
        node.Vault.Received().Forget(session);
    }

    [Fact]
    public async Task Delete_ShouldTellWatchersLast()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        await node.Agents.NextAsync();

        await node.SendAsync(new DeleteSession(Node.Owner, session));

        node.Coordination.Published[^1].ShouldBeOfType<FeedItem.Deleted>();
        node.Coordination.Published.OfType<FeedItem.Durable>().Select(item => item.Stored.Event)
            .ShouldContain(new StatusChanged(SessionStatus.Terminated, "deleted"));
    }

    [Fact]
    public async Task Delete_WhenTheSessionSleeps_ShouldStartNothing()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        await node.Agents.NextAsync();
        await node.SendAsync(new HibernateSession(Node.Owner, session));
        await node.PutDownAsync();

        (await node.SendAsync(new DeleteSession(Node.Owner, session))).IsSuccess.ShouldBeTrue();

        await ShouldBeGoneAsync(node, session);
        node.Agents.StartedCount.ShouldBe(1);
    }

    [Fact]
    public async Task Delete_WhenTheSessionIsAnotherUsers_ShouldLookLikeAMissingOne()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();

        var refused = await node.SendAsync(new DeleteSession(UserId.New(DateTimeOffset.UnixEpoch), session));

        refused.Error.ShouldNotBeNull().Code.ShouldBe("SESSION_002");
        (await node.AttachAsync(session)).LastSeq.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Delete_WhenSeveralAskAtOnce_ShouldLeaveNothing()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => node.SendAsync(new DeleteSession(Node.Owner, session))));

        outcomes.ShouldContain(outcome => outcome.IsSuccess);
        outcomes.ShouldAllBe(outcome => outcome.IsSuccess || outcome.Error.Code == "SESSION_002");
        await ShouldBeGoneAsync(node, session);
    }

    [Fact]
    public async Task Delete_WhileOthersAttachAndChat_ShouldLeaveNothingAndNobodyHanging()
    {
        for (var round = 0; round < 20; round++)
        {
            await using var node = await Node.StartAsync();
            var session = await node.CreateSessionAsync();
            using var go = new SemaphoreSlim(0);
            var others = Enumerable.Range(0, 6).Select(async i =>
            {
                await go.WaitAsync();
                for (var n = 0; n < 5; n++)
                {
                    IResult answer = i % 2 == 0
                        ? await node.SendAsync(new AttachSession(Node.Owner, session, null))
                        : await node.ChatAsync(session, $"message {n}");
                    (answer.Error?.Code ?? "none").ShouldBeOneOf("none", "SESSION_002", "SESSION_004", "SESSION_014");
                }
            }).ToList();

            go.Release(6);
            (await node.SendAsync(new DeleteSession(Node.Owner, session))).IsSuccess.ShouldBeTrue();
            await Task.WhenAll(others);

            await ShouldBeGoneAsync(node, session);
        }
    }

    [Fact]
    public async Task Delete_WhenTheFolderCannotBeRemoved_ShouldBeFinishedByTheNextSweep()
    {
        var files = Substitute.For<IWorkspaceFiles>();
        files.RemoveAsync(default, default).ReturnsForAnyArgs(Task.FromException(new IOException("Device or resource busy")), Task.CompletedTask);
        await using var node = await Node.StartAsync(files: files);
        var session = await node.CreateSessionAsync();

        (await node.SendAsync(new DeleteSession(Node.Owner, session))).IsSuccess.ShouldBeTrue();
        (await node.SendAsync(new AttachSession(Node.Owner, session, null))).Error.ShouldNotBeNull().Code.ShouldBe("SESSION_002");
        (await node.Store.ListDeletingAsync(null, 10, default)).ShouldBe([session]);

        node.Time.Advance(TimeSpan.FromHours(1));

        await Eventually.ShouldHoldAsync(() => node.Store.Events(session).Count == 0, "the events were removed");
        await ShouldBeGoneAsync(node, session);
    }

    [Fact]
    public async Task Start_WhenAServerDiedInTheMiddle_ShouldFinish()
    {
        var store = new InMemoryStore();
        SessionId session;
        await using (var node = await Node.StartAsync(store))
        {
            session = await node.CreateSessionAsync();
            await store.MarkDeletingAsync(session, default);
        }

        store.Events(session).ShouldNotBeEmpty();
        await using var next = await Node.StartAsync(store);

        await Eventually.ShouldHoldAsync(() => store.Events(session).Count == 0, "the events were removed");
        await ShouldBeGoneAsync(next, session);
        await next.Files.Received().RemoveAsync(session, Arg.Any<CancellationToken>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task UpdateSessionKey_WhenTheSessionIsGoneMeanwhile_ShouldKeepNoKey(bool isDeleted)
    {
        var inbox = Substitute.For<ISessionInbox>();
        inbox.SendAsync(default, default!, default).ReturnsForAnyArgs((Result<SessionReply>)(isDeleted ? SessionErrors.NotFound() : SessionErrors.Terminated()));
        var check = Substitute.For<IClaudeKeyCheck>();
        check.CheckAsync(default!, default).ReturnsForAnyArgs(Result.Success());
        var vault = new PlainVault();
        var store = new InMemoryCredentials();
        using var credentials = new UserCredentials(vault, new PlainSealer(), store, TimeProvider.System);
        var session = SessionId.New(DateTimeOffset.UnixEpoch);
        var key = new ClaudeCredential(ClaudeCredentialKind.ApiKey, new Secret($"{Guid.NewGuid():N}"));

        await new UpdateSessionKeyHandler(new KeyChecks(check, Substitute.For<IRateLimiter>()), credentials, inbox).Handle(new UpdateSessionKey(Node.Owner, session, key, IsRemembered: true), default);

        vault.Find(new CredentialScope(Node.Owner, session)).ShouldBeNull();
        store.All.ShouldBeEmpty();
    }

    private static async Task ShouldBeGoneAsync(Node node, SessionId session)
    {
        await Eventually.ShouldHoldAsync(() => node.Coordination.Held.Count == 0, "no lease was held");
        node.Store.Events(session).ShouldBeEmpty();
        (await node.Store.ListDeletingAsync(null, 10, default)).ShouldBeEmpty();
        (await node.SendAsync(new AttachSession(Node.Owner, session, null))).Error.ShouldNotBeNull().Code.ShouldBe("SESSION_002");
        node.Store.Events(session).ShouldBeEmpty();
    }
}
