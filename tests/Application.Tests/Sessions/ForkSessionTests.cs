using Claudy.Application.Files.Ports;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Tests.Support;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using NSubstitute;
using NSubstitute.ExceptionExtensions;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Sessions;

public sealed class ForkSessionTests
{
    [Fact]
    public async Task Fork_ShouldRememberTheConversationAndCopyTheFiles()
    {
        await using var node = await Node.StartAsync();
        var (session, _) = await node.AfterTurnsAsync("one", "two");

        var forked = await node.SendAsync(new ForkSession(Node.Owner, session, null));
        var agent = await node.Agents.NextAsync();

        var fork = forked.Value.Session;
        fork.Name.ShouldBe("test (fork)");
        agent.Launch.SessionId.ShouldBe(fork.Id);
        agent.Launch.Memory!.Turns.Select(turn => turn.Message!.Text).ShouldBe(["one", "two"]);
        await node.Files.Received(1).CopyAsync(session, fork.Id, Arg.Any<CancellationToken>());
        var events = node.Store.Events(fork.Id);
        events[0].Event.ShouldBe(new SessionCreated(((SessionCreated)events[0].Event).Settings, new ForkOrigin(session.Value, forked.Value.AtSeq)));
        events.Select(e => e.Seq).ShouldBe(Enumerable.Range(1, events.Count).Select(i => (long)i));
        (await node.AttachAsync(fork.Id)).State.TurnCount.ShouldBe(2);
    }

    [Fact]
    public async Task Fork_WhenThePointIsWithinATurn_ShouldEndWithTheTurnBefore()
    {
        await using var node = await Node.StartAsync();
        var (session, _) = await node.AfterTurnsAsync("one", "two");
        var within = node.Store.Events(session).First(e => e.Event is AssistantText { Text: "answer to two" }).Seq;
        var end = node.Store.Events(session).First(e => e.Event is TurnCompleted { TurnId: 1 }).Seq;

        var forked = await node.SendAsync(new ForkSession(Node.Owner, session, within));

        forked.Value.AtSeq.ShouldBe(end);
        (await node.Agents.NextAsync()).Launch.Memory!.Turns.Select(turn => turn.Message!.Text).ShouldBe(["one"]);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(10_000)]
    public async Task Fork_WhenThereIsNoSuchPlace_ShouldRefuse(long atSeq)
    {
        await using var node = await Node.StartAsync();
        var (session, _) = await node.AfterTurnsAsync("one");

        (await node.SendAsync(new ForkSession(Node.Owner, session, atSeq))).Error!.Code.ShouldBe("SESSION_018");
        await node.Files.DidNotReceiveWithAnyArgs().CopyAsync(default, default, default);
    }

    [Fact]
    public async Task Fork_WhenTurnsWereTakenBack_ShouldNotHaveThem()
    {
        await using var node = await Node.StartAsync();
        var (session, _) = await node.AfterTurnsAsync("one", "two");
        await node.SendAsync(new TakeBackTurn(Node.Owner, session, 2));
        await node.Agents.NextAsync();

        var forked = await node.SendAsync(new ForkSession(Node.Owner, session, null));

        (await node.Agents.NextAsync()).Launch.Memory!.Turns.Select(turn => turn.Message!.Text).ShouldBe(["one"]);
        node.Store.Events(forked.Value.Session.Id).Select(e => e.Event).OfType<UserMessageAdded>().Select(e => e.Message.Text).ShouldBe(["one"]);
    }

    [Fact]
    public async Task Fork_WhenThePlaceIsBeforeATakeBack_ShouldHaveWhatWasThereThen()
    {
        await using var node = await Node.StartAsync();
        var (session, _) = await node.AfterTurnsAsync("one", "two");
        var then = node.Store.Events(session)[^1].Seq;
        await node.SendAsync(new TakeBackTurn(Node.Owner, session, 2));
        await node.Agents.NextAsync();

        await node.SendAsync(new ForkSession(Node.Owner, session, then));

        (await node.Agents.NextAsync()).Launch.Memory!.Turns.Select(turn => turn.Message!.Text).ShouldBe(["one", "two"]);
    }

    [Fact]
    public async Task Fork_ShouldLeaveCostsRulesAndClientIdsWithTheOldSession()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        var agent = await node.Agents.NextAsync();
        await node.ChatAsync(session, "one", "c-1");
        await agent.NextMessageAsync();
        agent.BeginTurn();
        agent.AskPermission("p1");
        await node.StatusAsync(session, SessionStatus.AwaitingPermission);
        await node.SendAsync(new AnswerPermission(Node.Owner, session, "p1", PermissionDecision.Allow, Remember: true, null, null));
        agent.EndTurn(cost: 0.5m);
        await node.StatusAsync(session, SessionStatus.Idle);

        var forked = await node.SendAsync(new ForkSession(Node.Owner, session, null));
        var state = (await node.AttachAsync(forked.Value.Session.Id)).State;

        (await node.AttachAsync(session)).State.CostUsd.ShouldBe(0.5m);
        state.CostUsd.ShouldBe(0);
        state.Usage.ShouldBe(default);
        state.RememberedRules.ShouldBeEmpty();
        state.AcceptedMessages.ShouldBeEmpty();
        state.PendingPermissions.ShouldBeEmpty();
    }

    [Fact]
    public async Task Fork_WhenTheFilesDoNotFit_ShouldLeaveNothingBehind()
    {
        await using var node = await Node.StartAsync();
        var (session, _) = await node.AfterTurnsAsync("one");
        node.Files.CopyAsync(default, default, default).ReturnsForAnyArgs(WorkspaceErrors.QuotaExceeded(2, 1));

        var refused = await node.SendAsync(new ForkSession(Node.Owner, session, null));

        refused.Error!.Code.ShouldBe("FILE_006");
        await node.Files.ReceivedWithAnyArgs(1).RemoveAsync(default, default);
        (await node.Store.CountLiveAsync(Node.Owner, CancellationToken.None)).ShouldBe(1);
    }

    public static TheoryData<string> Steps => ["prepare", "copy", "history", "reveal"];

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task Fork_WhenTheServerDiesInTheMiddle_ShouldBeRemovedByTheNext(string step)
    {
        var store = new InMemoryStore();
        SessionId session;
        SessionId fork;
        await using (var node = await Node.StartAsync(store))
        {
            (session, _) = await node.AfterTurnsAsync("one");
            BreakAt(node, step);

            // Nothing that a dead server might still have cleaned up.
            node.Files.RemoveAsync(default, default).ReturnsForAnyArgs(Task.FromException(new IOException("dead")));
            (await node.SendAsync(new ForkSession(Node.Owner, session, null))).IsSuccess.ShouldBeFalse();

            fork = (await store.ListDeletingAsync(null, 10, default)).ShouldHaveSingleItem();
            (await store.ListAsync(new SessionFilter(Node.Owner, null, null, 10, null), default)).Sessions.ShouldHaveSingleItem().Id.ShouldBe(session);
            (store.IsBroken, store.CannotReveal) = (false, false);
        }

        await using var next = await Node.StartAsync(store);

        await Eventually.ShouldHoldAsync(async () => (await store.ListDeletingAsync(null, 10, default)).Count == 0, "the rest was removed");
        await next.Files.Received().RemoveAsync(fork, Arg.Any<CancellationToken>());
        store.Events(fork).ShouldBeEmpty();
        store.Events(session).ShouldNotBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task Fork_WhenAStepFails_ShouldLeaveNothingBehind(string step)
    {
        await using var node = await Node.StartAsync();
        var (session, _) = await node.AfterTurnsAsync("one");
        BreakAt(node, step);

        (await node.SendAsync(new ForkSession(Node.Owner, session, null))).IsSuccess.ShouldBeFalse();

        await node.Files.Received(1).RemoveAsync(Arg.Is<SessionId>(id => id != session), Arg.Any<CancellationToken>());
        (await node.Store.ListDeletingAsync(null, 10, default)).ShouldBeEmpty();
        node.Store.IsBroken = false;
    }

    [Fact]
    public async Task Fork_WhenItIsSweptWhileItIsMade_ShouldNotBeRemoved()
    {
        await using var node = await Node.StartAsync();
        var (session, _) = await node.AfterTurnsAsync("one");
        var copying = new TaskCompletionSource<Result<WorkspaceCopy>>();
        node.Files.CopyAsync(default, default, default).ReturnsForAnyArgs(copying.Task);
        var forking = node.SendAsync(new ForkSession(Node.Owner, session, null));
        await Eventually.ShouldHoldAsync(async () => (await node.Store.ListDeletingAsync(null, 10, default)).Count == 1, "it is being made");
        var fork = (await node.Store.ListDeletingAsync(null, 10, default))[0];

        (await node.Coordination.SendAsync(fork, new SessionCommand.Delete(), default)).Error!.Code.ShouldBe("SESSION_014");
        copying.SetResult(new WorkspaceCopy(1, 1, 0));

        (await forking).Value.Session.Id.ShouldBe(fork);
        (await node.AttachAsync(fork)).State.TurnCount.ShouldBe(1);
    }

    [Fact]
    public async Task Fork_WhenTheSessionIsAnothers_ShouldLookMissing()
    {
        await using var node = await Node.StartAsync();
        var (session, _) = await node.AfterTurnsAsync("one");

        (await node.SendAsync(new ForkSession(UserId.New(DateTimeOffset.UnixEpoch), session, null))).Error!.Code.ShouldBe("SESSION_002");
    }

    [Fact]
    public async Task Fork_WhenTheOldSessionGoesOn_ShouldNotFollowIt()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await node.AfterTurnsAsync("one");
        var forked = await node.SendAsync(new ForkSession(Node.Owner, session, null));
        var forkedAgent = await node.Agents.NextAsync();

        await node.ChatAsync(session, "to the old one");
        await node.ChatAsync(forked.Value.Session.Id, "to the fork");

        (await agent.NextMessageAsync()).Text.ShouldBe("to the old one");
        (await forkedAgent.NextMessageAsync()).Text.ShouldBe("to the fork");
        (await node.EventAsync<TurnStarted>(forked.Value.Session.Id, e => e.TurnId == 2)).ShouldNotBeNull();
    }

    private static void BreakAt(Node node, string step)
    {
        switch (step)
        {
            case "prepare":
                node.Files.Prepare(default).ReturnsForAnyArgs(_ => throw new IOException("bad disk"));
                break;
            case "copy":
                node.Files.CopyAsync(default, default, default).ThrowsAsyncForAnyArgs(new IOException("bad disk"));
                break;
            case "history":
                node.Store.IsBroken = true;
                break;
            case "reveal":
                node.Store.CannotReveal = true;
                break;
        }
    }
}
