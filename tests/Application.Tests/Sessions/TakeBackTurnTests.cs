using Claudy.Application.Files.Ports;
using Claudy.Application.Sessions;
using Claudy.Application.Tests.Support;
using Claudy.Domain.Sessions;
using NSubstitute;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Sessions;

public sealed class TakeBackTurnTests
{
    [Fact]
    public async Task TakeBack_WhenIdle_ShouldRestoreFilesThenForgetTheTurn()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await node.AfterTurnsAsync("one", "two", "three");
        var message = node.Store.Events(session).First(e => e.Event is UserMessageAdded { Message.Text: "two" });

        var done = await node.SendAsync(new TakeBackTurn(Node.Owner, session, 2));
        var next = await node.Agents.NextAsync();

        done.IsSuccess.ShouldBeTrue();
        agent.Controls.ShouldBe([$"rewind {((UserMessageAdded)message.Event).Message.Id}", "stop"]);
        var rewound = await node.EventAsync<ConversationRewound>(session);
        rewound.ShouldBe(new ConversationRewound(2, message.Seq, FilesRestored: true, rewound.ChangedFiles, null));
        rewound.ChangedFiles.ShouldBe(["a.txt"]);
        next.Launch.Memory!.Turns.Select(turn => turn.Message!.Text).ShouldBe(["one"]);
    }

    [Fact]
    public async Task TakeBack_WhenHibernated_ShouldWakeToRestoreFiles()
    {
        await using var node = await Node.StartAsync();
        var session = await node.HibernatedAsync("one", "two");

        var done = await node.SendAsync(new TakeBackTurn(Node.Owner, session, 2));

        done.IsSuccess.ShouldBeTrue();
        var woken = await node.Agents.NextAsync();
        woken.Launch.Memory.ShouldBeNull();
        woken.Controls.Count(c => c.StartsWith("rewind", StringComparison.Ordinal)).ShouldBe(1);
        (await node.Agents.NextAsync()).Launch.Memory!.Turns.Count.ShouldBe(1);
    }

    [Fact]
    public async Task TakeBack_WhenFilesCannotBeRestored_ShouldSayThatTheyWereLeft()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await node.AfterTurnsAsync("one");
        agent.Rewound = SessionErrors.ControlFailed("No file checkpoint found for this message.");

        (await node.SendAsync(new TakeBackTurn(Node.Owner, session, 1))).IsSuccess.ShouldBeTrue();

        var rewound = await node.EventAsync<ConversationRewound>(session);
        rewound.FilesRestored.ShouldBeFalse();
        rewound.ChangedFiles.ShouldBeNull();
        rewound.FilesReason!.ShouldContain("No file checkpoint found");
    }

    [Theory]
    [InlineData(true, new[] { "a.txt", "b.txt" })]
    [InlineData(false, new[] { "b.txt" })]
    public async Task TakeBack_WhenFilesWereKept_ShouldRestoreThoseToo(bool doesClaudeKnow, string[] restored)
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await node.AfterTurnsAsync("one", "two");
        var message = node.Store.Events(session).First(e => e.Event is UserMessageAdded { Message.Text: "two" });
        node.Checkpoints.RestoreAsync(session, message.Seq, Arg.Any<CancellationToken>()).Returns(new RestoredFiles(["b.txt"], []));
        agent.Rewound = doesClaudeKnow ? agent.Rewound : SessionErrors.ControlFailed("No file checkpoint found for this message.");

        (await node.SendAsync(new TakeBackTurn(Node.Owner, session, 2))).IsSuccess.ShouldBeTrue();

        var rewound = await node.EventAsync<ConversationRewound>(session);
        rewound.FilesRestored.ShouldBeTrue();
        rewound.ChangedFiles.ShouldBe(restored);
        rewound.FilesReason.ShouldBeNull();
    }

    [Fact]
    public async Task TakeBack_WhenSomeFilesCannotBePutBack_ShouldNameThem()
    {
        await using var node = await Node.StartAsync();
        var (session, _) = await node.AfterTurnsAsync("one");
        node.Checkpoints.RestoreAsync(default, default, default).ReturnsForAnyArgs(new RestoredFiles(["b.txt"], ["c.txt", "d/e.txt"]));

        (await node.SendAsync(new TakeBackTurn(Node.Owner, session, 1))).IsSuccess.ShouldBeTrue();

        var rewound = await node.EventAsync<ConversationRewound>(session);
        rewound.FilesRestored.ShouldBeTrue();
        rewound.FilesReason.ShouldBe("2 could not be put back, since there is no room or something is in the way: c.txt, d/e.txt.");
    }

    [Fact]
    public async Task Turn_ShouldHaveItsFilesKeptBeforeClaudeIsTold_AndAtItsEnd()
    {
        await using var node = await Node.StartAsync();
        var kept = new TaskCompletionSource();
        node.Checkpoints.TakeAsync(default, default, default, default).ReturnsForAnyArgs(kept.Task);
        var session = await node.CreateSessionAsync();
        var agent = await node.Agents.NextAsync();

        await node.ChatAsync(session, "one");
        await node.EventAsync<TurnStarted>(session);
        var told = agent.NextMessageAsync();
        var wasToldBefore = told.IsCompleted;
        kept.SetResult();
        await told;
        agent.EndTurn();
        await node.EventAsync<TurnCompleted>(session);

        wasToldBefore.ShouldBeFalse();
        var events = node.Store.Events(session);
        await Eventually.ShouldHoldAsync(() => node.Checkpoints.ReceivedCalls().Count(call => call.GetMethodInfo().Name == nameof(IWorkspaceCheckpoints.TakeAsync)) == 2, "both were kept");
        node.Checkpoints.Received(1).Warm(session);
        await node.Checkpoints.Received(1).TakeAsync(session, events.Single(e => e.Event is UserMessageAdded).Seq, true, Arg.Any<CancellationToken>());
        await node.Checkpoints.Received(1).TakeAsync(session, events.Single(e => e.Event is TurnCompleted).Seq, false, Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task TakeBack_WhenNothingIsLeft_ShouldBeginAnew()
    {
        await using var node = await Node.StartAsync();
        var (session, _) = await node.AfterTurnsAsync("one");

        await node.SendAsync(new TakeBackTurn(Node.Owner, session, 1));
        var agent = await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);

        agent.Launch.Memory!.Turns.ShouldBeEmpty();
        node.Store.Events(session).Select(e => e.Event).OfType<AgentSessionChanged>().ShouldAllBe(e => e.Rebuilt == null);
    }

    [Fact]
    public async Task TakeBack_WhenClaudeWorks_ShouldRefuse()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await node.AfterTurnsAsync("one");
        await node.ChatAsync(session, "two");
        await agent.NextMessageAsync();

        (await node.SendAsync(new TakeBackTurn(Node.Owner, session, 1))).Error!.Code.ShouldBe("SESSION_019");
        agent.Controls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(99)]
    public async Task TakeBack_WhenThereIsNoSuchTurn_ShouldRefuse(long turn)
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await node.AfterTurnsAsync("one", "two");
        await node.SendAsync(new TakeBackTurn(Node.Owner, session, 2));

        (await node.SendAsync(new TakeBackTurn(Node.Owner, session, turn))).Error!.Code.ShouldBe("SESSION_018");
        agent.Controls.Count(c => c.StartsWith("rewind", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task TakeBack_WhenTheAgentCannotBeStarted_ShouldTakeNothingBack()
    {
        await using var node = await Node.StartAsync();
        var session = await node.HibernatedAsync("one");
        node.Agents.FailNext(SessionErrors.AgentFailedToStart("no binary."));

        (await node.SendAsync(new TakeBackTurn(Node.Owner, session, 1))).Error!.Code.ShouldBe("SESSION_001");
        node.Store.Events(session).ShouldNotContain(e => e.Event is ConversationRewound);
    }

    [Fact]
    public async Task Hibernate_WhileATurnIsTakenBack_ShouldNotBeFollowedByAnotherAgent()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await node.AfterTurnsAsync("one", "two");
        agent.HoldsStop = new TaskCompletionSource();
        var takingBack = node.SendAsync(new TakeBackTurn(Node.Owner, session, 2));
        await Eventually.ShouldHoldAsync(() => agent.Controls.Contains("stop"), "the process was told to end");

        var hibernating = node.SendAsync(new HibernateSession(Node.Owner, session));
        await node.SendAsync(new RenameSession(Node.Owner, session, "heard after it"));
        agent.HoldsStop.SetResult();

        (await takingBack).IsSuccess.ShouldBeTrue();
        (await hibernating).IsSuccess.ShouldBeTrue();
        node.Store.Events(session).Count(e => e.Event is StatusChanged { Status: SessionStatus.Starting }).ShouldBe(1);
        node.Store.Events(session).Select(e => e.Event).OfType<StatusChanged>().Last().Status.ShouldBe(SessionStatus.Hibernated);
        node.Store.Events(session).ShouldContain(e => e.Event is ConversationRewound);
    }

    [Fact]
    public async Task SendChat_AfterHibernateWhileATurnIsTakenBack_ShouldBeAnswered()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await node.AfterTurnsAsync("one", "two");
        agent.HoldsStop = new TaskCompletionSource();
        var takingBack = node.SendAsync(new TakeBackTurn(Node.Owner, session, 2));
        await Eventually.ShouldHoldAsync(() => agent.Controls.Contains("stop"), "the process was told to end");

        _ = node.SendAsync(new HibernateSession(Node.Owner, session));
        await node.ChatAsync(session, "instead");
        agent.HoldsStop.SetResult();

        (await takingBack).IsSuccess.ShouldBeTrue();
        (await (await node.Agents.NextAsync()).NextMessageAsync()).Text.ShouldBe("instead");
    }

    [Fact]
    public async Task SendChat_WhileATurnIsTakenBack_ShouldReachTheNextAgent()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await node.AfterTurnsAsync("one");
        agent.HoldsStop = new TaskCompletionSource();
        var takingBack = node.SendAsync(new TakeBackTurn(Node.Owner, session, 1));
        await Eventually.ShouldHoldAsync(() => agent.Controls.Contains("stop"), "the process was told to end");

        var accepted = await node.ChatAsync(session, "instead");
        agent.HoldsStop.SetResult();

        (await takingBack).IsSuccess.ShouldBeTrue();
        accepted.Value.Position.ShouldBe(1);
        var next = await node.Agents.NextAsync();
        (await next.NextMessageAsync()).Text.ShouldBe("instead");
        (await node.EventAsync<TurnStarted>(session, e => e.TurnId == 2)).ShouldNotBeNull();
    }
}
