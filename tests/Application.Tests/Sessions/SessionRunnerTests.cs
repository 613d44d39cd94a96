using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Tests.Support;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Sessions;

public sealed class SessionRunnerTests
{
    [Fact]
    public async Task CreateSession_ShouldWarmItsAgent()
    {
        await using var node = await Node.StartAsync();

        var session = await node.CreateSessionAsync();

        var agent = await node.Agents.NextAsync();
        agent.Launch.SessionId.ShouldBe(session);
        agent.Launch.ResumeAgentSessionId.ShouldBeNull();
        await node.StatusAsync(session, SessionStatus.Idle);
    }

    [Fact]
    public async Task SendChat_ShouldStoreTheMessageBeforeTheAgentGetsIt()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        var agent = await node.Agents.NextAsync();

        await node.ChatAsync(session, "hello");
        var message = await agent.NextMessageAsync();

        message.Text.ShouldBe("hello");
        node.Store.Events(session).Select(e => e.Event).OfType<UserMessageAdded>().ShouldHaveSingleItem().Message.ShouldBe(message);
    }

    [Fact]
    public async Task SendChat_WhenTheAgentIsBusy_ShouldSendTheNextMessageAfterTheTurn()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        var agent = await node.Agents.NextAsync();
        await node.ChatAsync(session, "one");
        await agent.NextMessageAsync();
        agent.BeginTurn();

        var second = await node.ChatAsync(session, "two");
        agent.EndTurn();

        second.Value.Position.ShouldBe(1);
        (await agent.NextMessageAsync()).Text.ShouldBe("two");
    }

    [Fact]
    public async Task SendChat_WhenSentTwiceWithOneId_ShouldReachTheAgentOnce()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        var agent = await node.Agents.NextAsync();

        var first = await node.ChatAsync(session, "hello", "c-1");
        var second = await node.ChatAsync(session, "hello", "c-1");

        second.Value.MessageId.ShouldBe(first.Value.MessageId);
        (await agent.NextMessageAsync()).Id.ShouldBe(first.Value.MessageId);
        node.Store.Events(session).Count(e => e.Event is UserMessageAdded).ShouldBe(1);
    }

    [Fact]
    public async Task Deltas_ShouldBeNumberedAndShownToWhoAttachesInTheMiddle()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);

        agent.SayText("m.0", "Hello", ", ", "world");
        await Eventually.ShouldHoldAsync(() => node.Coordination.Published.OfType<FeedItem.Delta>().Count() == 3, "three deltas were published");
        var attached = await node.AttachAsync(session);

        node.Coordination.Published.OfType<FeedItem.Delta>().Select(d => d.ChunkIndex).ShouldBe([0, 1, 2]);
        attached.InFlight.ShouldBe([new InFlightText("m.0", "Hello, world", 3, IsThinking: false)]);
    }

    [Fact]
    public async Task CompletedText_ShouldBeStoredAndNoLongerInFlight()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);

        agent.SayText("m.0", "Hello");
        agent.Say(new AgentEvent.TextCompleted("m.0", "Hello", null));
        await node.EventAsync<AssistantText>(session);

        (await node.AttachAsync(session)).InFlight.ShouldBeEmpty();
    }

    [Fact]
    public async Task Interrupt_ShouldKeepWhatWasWritten()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        agent.SayText("m.0", "Half an ans");

        await node.SendAsync(new InterruptTurn(Node.Owner, session));

        (await node.EventAsync<AssistantText>(session)).ShouldBe(new AssistantText("m.0", "Half an ans", IsPartial: true, null));
        (await node.EventAsync<TurnCompleted>(session)).StopReason.ShouldBe("interrupted");
        await node.StatusAsync(session, SessionStatus.Idle);
    }

    [Fact]
    public async Task AnswerPermission_WhenAllowedAndRemembered_ShouldTellTheAgentAndKeepTheRule()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        agent.AskPermission("p1");
        await node.StatusAsync(session, SessionStatus.AwaitingPermission);

        var answered = await node.SendAsync(new AnswerPermission(Node.Owner, session, "p1", PermissionDecision.Allow, Remember: true, null, null));
        var (requestId, answer) = await agent.NextAnswerAsync();

        answered.Value.Status.ShouldBe(SessionStatus.Running);
        requestId.ShouldBe("p1");
        answer.Input.GetProperty("command").GetString().ShouldBe("touch x");
        (await node.AttachAsync(session)).State.RememberedRules.ShouldBe(["Bash(touch x)"]);
    }

    [Fact]
    public async Task AnswerPermission_WhenAnswered_ShouldRefuseTheSecondAnswer()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        agent.AskPermission("p1");
        await node.StatusAsync(session, SessionStatus.AwaitingPermission);
        await node.SendAsync(new AnswerPermission(Node.Owner, session, "p1", PermissionDecision.Deny, false, null, "no"));

        var second = await node.SendAsync(new AnswerPermission(Node.Owner, session, "p1", PermissionDecision.Allow, false, null, null));

        second.Error!.Code.ShouldBe("SESSION_006");
        (await agent.NextAnswerAsync()).Answer.Decision.ShouldBe(PermissionDecision.Deny);
    }

    [Fact]
    public async Task Permission_WhenNobodyAnswers_ShouldBeDenied()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        agent.AskPermission("p1");
        await node.StatusAsync(session, SessionStatus.AwaitingPermission);

        node.Time.Advance(TimeSpan.FromHours(1));

        var (_, answer) = await agent.NextAnswerAsync();
        answer.Decision.ShouldBe(PermissionDecision.Deny);
        answer.Message.ShouldBe("Nobody answered in time.");
        (await node.EventAsync<PermissionResolved>(session)).Reason.ShouldBe("expired");
    }

    [Fact]
    public async Task Crash_WhenAnswering_ShouldKeepTheTextAndResumeWithTheNextMessage()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        agent.SayText("m.0", "Half");

        agent.Die(137);
        await node.StatusAsync(session, SessionStatus.Hibernated);
        await node.ChatAsync(session, "go on");
        var second = await node.Agents.NextAsync();

        (await node.EventAsync<AssistantText>(session)).IsPartial.ShouldBeTrue();
        (await node.EventAsync<SessionErrorRaised>(session)).Code.ShouldBe("SESSION_003");
        second.Launch.ResumeAgentSessionId.ShouldBe(session.Value);
        (await second.NextMessageAsync()).Text.ShouldBe("go on");
    }

    [Fact]
    public async Task Crash_WhenMessagesWait_ShouldGoOnWithThem()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        await node.ChatAsync(session, "two");

        agent.Die(1);
        await node.StatusAsync(session, SessionStatus.Hibernated);
        node.Time.Advance(TimeSpan.FromSeconds(1));
        var second = await node.Agents.NextAsync();

        (await second.NextMessageAsync()).Text.ShouldBe("two");
    }

    [Fact]
    public async Task Overuse_WhenMessagesWait_ShouldSayWhichLimitAndStartAgainOnlyForTheNextMessage()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        await node.ChatAsync(session, "two");
        agent.SayText("m.0", "Half");

        agent.Die(137, new ExceededLimit(LimitedResource.Memory, 2L << 30));
        await node.StatusAsync(session, SessionStatus.Hibernated);
        var error = await node.EventAsync<SessionErrorRaised>(session);
        await node.ChatAsync(session, "three");
        var second = await node.Agents.NextAsync();

        error.Code.ShouldBe("SESSION_015");
        error.Message.ShouldContain("2 GiB");
        (await node.EventAsync<AssistantText>(session)).IsPartial.ShouldBeTrue();
        (await node.EventAsync<StatusChanged>(session, s => s.Status == SessionStatus.Hibernated)).Reason.ShouldBe("memory_limit");
        (await second.NextMessageAsync()).Text.ShouldBe("two");
    }

    [Fact]
    public async Task Start_WhenItFails_ShouldSayWhyAndTryAgainWithTheNextMessage()
    {
        await using var node = await Node.StartAsync();
        node.Agents.FailNext(SessionErrors.AgentFailedToStart("no binary."));
        var session = await node.CreateSessionAsync();
        await node.StatusAsync(session, SessionStatus.Failed);

        await node.ChatAsync(session, "hello");
        var agent = await node.Agents.NextAsync();

        (await node.EventAsync<SessionErrorRaised>(session)).Message.ShouldContain("no binary");
        (await agent.NextMessageAsync()).Text.ShouldBe("hello");
    }

    [Fact]
    public async Task Start_WhenTheSessionsOwnKeyIsGone_ShouldFailRatherThanUseAnother()
    {
        await using var node = await Node.StartAsync();

        var created = await node.SendAsync(new CreateSession(Node.Owner, new SessionSettings { Name = "x" }, new ClaudeCredential(ClaudeCredentialKind.ApiKey, new Secret("a-key"))));
        await node.StatusAsync(created.Value.Id, SessionStatus.Failed);

        (await node.EventAsync<SessionErrorRaised>(created.Value.Id)).Code.ShouldBe("CLAUDE_003");
    }

    [Fact]
    public async Task Hibernate_ShouldEndTheProcessAndTheNextMessageWakesIt()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        agent.EndTurn();
        await node.StatusAsync(session, SessionStatus.Idle);

        var slept = await node.SendAsync(new HibernateSession(Node.Owner, session));
        await node.ChatAsync(session, "wake");

        slept.Value.Status.ShouldBe(SessionStatus.Hibernated);
        agent.IsDisposed.ShouldBeTrue();
        (await (await node.Agents.NextAsync()).NextMessageAsync()).Text.ShouldBe("wake");
    }

    [Fact]
    public async Task Idle_WhenTheTimeIsOver_ShouldHibernateAndLeaveNothingRunning()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);

        node.Time.Advance(TimeSpan.FromMinutes(31));
        await node.StatusAsync(session, SessionStatus.Hibernated);
        node.Time.Advance(TimeSpan.FromSeconds(5));

        await Eventually.ShouldHoldAsync(() => node.Coordination.Held.Count == 0, "the lease was given up");
    }

    [Fact]
    public async Task Terminate_ShouldEndTheProcessAndRefuseMessages()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);

        await node.SendAsync(new TerminateSession(Node.Owner, session));

        (await node.ChatAsync(session, "more")).Error!.Code.ShouldBe("SESSION_004");
        await Eventually.ShouldHoldAsync(() => agent.IsDisposed, "the process was ended");
    }

    [Fact]
    public async Task SendChat_WhileTheProcessIsBeingEnded_ShouldReachTheNextOne()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        agent.EndTurn();
        await node.StatusAsync(session, SessionStatus.Idle);
        agent.HoldsStop = new TaskCompletionSource();
        var hibernating = node.SendAsync(new HibernateSession(Node.Owner, session));
        await Eventually.ShouldHoldAsync(() => agent.Controls.Contains("stop"), "the process was told to end");

        var accepted = await node.ChatAsync(session, "just in time");
        agent.HoldsStop.SetResult();
        await hibernating;

        accepted.Value.Position.ShouldBe(1);
        (await (await node.Agents.NextAsync()).NextMessageAsync()).Text.ShouldBe("just in time");
    }

    [Fact]
    public async Task Agent_WhenItCannotTakeOneAnswer_ShouldStillHearWhatFollows()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        agent.AskPermission("p1");
        await node.StatusAsync(session, SessionStatus.AwaitingPermission);
        agent.IsDeaf = true;
        await node.SendAsync(new AnswerPermission(Node.Owner, session, "p1", PermissionDecision.Allow, false, null, null));
        agent.IsDeaf = false;

        agent.EndTurn();
        await node.StatusAsync(session, SessionStatus.Idle);
        await node.ChatAsync(session, "still there?");

        (await agent.NextMessageAsync()).Text.ShouldBe("still there?");
    }

    [Fact]
    public async Task Agent_WhenItForgesABypass_ShouldNotBeBelieved()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);

        agent.Say(new AgentEvent.PermissionModeChanged(PermissionMode.BypassPermissions), new AgentEvent.PermissionModeChanged(PermissionMode.Plan));
        await node.EventAsync<SettingsChanged>(session);

        node.Store.Events(session).Select(e => e.Event).OfType<SettingsChanged>().ShouldHaveSingleItem().Settings.PermissionMode.ShouldBe(PermissionMode.Plan);
    }

    [Fact]
    public async Task Session_WhenItsFirstEventWasNeverWritten_ShouldStillBeUsable()
    {
        var store = new InMemoryStore();
        var session = Session.Create(SessionId.New(DateTimeOffset.UnixEpoch), Node.Owner, new SessionSettings { Name = "half made" }, DateTimeOffset.UnixEpoch);
        await store.AddAsync(new SessionDocument(session.Id, Node.Owner, session.CreatedAt, session.CreatedAt, session.LastSeq, session.State), CancellationToken.None);
        await using var node = await Node.StartAsync(store);

        await node.ChatAsync(session.Id, "hello");

        (await (await node.Agents.NextAsync()).NextMessageAsync()).Text.ShouldBe("hello");
        store.Events(session.Id)[0].Event.ShouldBeOfType<SessionCreated>();
    }

    [Fact]
    public async Task SetModel_WhenRunning_ShouldTellTheAgentAndKeepIt()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);

        await node.SendAsync(new SetModel(Node.Owner, session, "claude-other"));

        agent.Controls.ShouldBe(["model claude-other"]);
        (await node.AttachAsync(session)).State.Settings.Model.ShouldBe("claude-other");
    }

    [Fact]
    public async Task Server_WhenRestartedAfterAKill_ShouldCloseTheTurnAndGoOnWithTheQueue()
    {
        var store = new InMemoryStore();
        var killed = await Node.StartAsync(store);
        var (session, _) = await RunningAsync(killed);
        await killed.ChatAsync(session, "two");

        await using var restarted = await Node.StartAsync(store);
        var agent = await restarted.Agents.NextAsync();

        (await agent.NextMessageAsync()).Text.ShouldBe("two");
        agent.Launch.ResumeAgentSessionId.ShouldBe(session.Value);
        store.Events(session).Select(e => e.Event).OfType<TurnCompleted>().ShouldHaveSingleItem().StopReason.ShouldBe("agent_stopped");
    }

    [Fact]
    public async Task Server_WhenStopped_ShouldPutSessionsToSleep()
    {
        var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);

        await node.StopAsync();

        node.Store.Events(session).Select(e => e.Event).OfType<StatusChanged>().Last().ShouldBe(new StatusChanged(SessionStatus.Hibernated, "server_stopped"));
        agent.IsDisposed.ShouldBeTrue();
    }

    [Fact]
    public async Task Store_WhenItFails_ShouldAnswerSoAndRecover()
    {
        await using var node = await Node.StartAsync();
        var (session, _) = await RunningAsync(node);

        node.Store.IsBroken = true;
        var refused = await node.ChatAsync(session, "lost?", "c-2");
        node.Store.IsBroken = false;
        var accepted = await node.ChatAsync(session, "lost?", "c-2");

        refused.Error!.Code.ShouldBe("SERVER_002");
        accepted.IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Store_WhenItFailsInMidTurn_ShouldSettleTheTurnByItselfOnceItIsBack()
    {
        await using var node = await Node.StartAsync();
        var (session, _) = await RunningAsync(node);
        node.Store.IsBroken = true;
        (await node.ChatAsync(session, "refused")).IsSuccess.ShouldBeFalse();
        node.Time.Advance(TimeSpan.FromSeconds(30));

        node.Store.IsBroken = false;

        await Eventually.ShouldHoldAsync(
            () =>
            {
                node.Time.Advance(TimeSpan.FromSeconds(1));
                return node.Store.Events(session).Any(e => e.Event is TurnCompleted { StopReason: "agent_stopped" });
            },
            "nobody asked, and the turn is settled");
    }

    [Fact]
    public async Task Runner_WhenAnotherNodeHasTheSession_ShouldStopItsAgent()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);

        node.Store.IsFenced = true;
        var refused = await node.ChatAsync(session, "hello");

        refused.Error!.Code.ShouldBe("SESSION_014");
        await Eventually.ShouldHoldAsync(() => agent.IsDisposed, "the process was ended");
        node.Store.IsFenced = false;
    }

    private static async Task<(SessionId Session, ScriptedAgent Agent)> RunningAsync(Node node)
    {
        var session = await node.CreateSessionAsync();
        var agent = await node.Agents.NextAsync();
        await node.ChatAsync(session, "hello");
        await agent.NextMessageAsync();
        agent.BeginTurn();
        await node.EventAsync<AgentSessionChanged>(session);
        return (session, agent);
    }
}
