using Claudy.Application.Files.Ports;
using Claudy.Application.Sessions;
using Claudy.Application.Tests.Support;
using Claudy.Domain.Sessions;
using Claudy.Domain.Workspaces;
using NSubstitute;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Sessions;

/// <summary>What a session does when its workspace holds too much, and when there is room again.</summary>
public sealed class QuotaPauseTests
{
    private static readonly WorkspaceUsage TooMuch = new(200, 3, 100, 20);
    private static readonly WorkspaceUsage Enough = new(50, 1, 100, 20);

    [Fact]
    public async Task Exceeded_WithinATurn_ShouldEndTheProcessAndHoldTheTurn_AndGoOnWhenThereIsRoom()
    {
        var (node, workspaces) = await StartAsync();
        await using var started = node;
        var (session, agent) = await RunningAsync(node);
        await node.ChatAsync(session, "second");

        await node.ObserveAsync(o => o.OnExceededAsync(session, TooMuch));
        await StoppedAsync(agent);
        await node.StatusAsync(session, SessionStatus.Hibernated);
        (await node.AttachAsync(session)).State.QuotaPause.ShouldBe(TooMuch);
        node.Store.Events(session).ShouldNotContain(e => e.Event is TurnCompleted);

        Measures(workspaces, Enough);
        await node.ObserveAsync(o => o.OnChangedAsync(session, [new ChangedFile("big.bin", FileChange.Deleted)], false));

        (await node.EventAsync<QuotaPaused>(session)).Usage.ShouldBe(TooMuch);
        (await node.EventAsync<TurnSuspended>(session)).Reason.ShouldBe("quota_paused");
        (await node.EventAsync<QuotaResumed>(session)).Usage.ShouldBe(Enough);
        var again = await node.Agents.NextAsync();
        (await again.NextMessageAsync()).Text.ShouldContain("There is room again");
        again.EndTurn();
        (await again.NextMessageAsync()).Text.ShouldBe("second");
    }

    [Fact]
    public async Task Changed_WhenItIsStillTooMuch_ShouldGoOnWaiting()
    {
        var (node, workspaces) = await StartAsync();
        await using var started = node;
        var (session, _) = await RunningAsync(node);
        await node.ObserveAsync(o => o.OnExceededAsync(session, TooMuch));

        await node.ObserveAsync(o => o.OnChangedAsync(session, [new ChangedFile("a", FileChange.Deleted)], false));
        await Eventually.ShouldHoldAsync(() => workspaces.ReceivedCalls().Any(c => c.GetMethodInfo().Name == nameof(IWorkspaceFiles.MeasureAnewAsync)), "it looked");
        var sent = await node.ChatAsync(session, "later");

        sent.Value.Position.ShouldBe(1);
        (await node.AttachAsync(session)).State.QuotaPause.ShouldBe(TooMuch);
        node.Store.Events(session).ShouldNotContain(e => e.Event is QuotaResumed);
    }

    [Fact]
    public async Task Exceeded_WhenPausedAlready_ShouldBeToldOnce_AndEndWhateverAddsToIt()
    {
        var (node, _) = await StartAsync();
        await using var started = node;
        var (session, first) = await RunningAsync(node);
        await node.ObserveAsync(o => o.OnExceededAsync(session, TooMuch));
        await StoppedAsync(first);
        await node.StatusAsync(session, SessionStatus.Hibernated);
        await node.AttachAsync(session);
        var second = await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);

        await node.ObserveAsync(o => o.OnExceededAsync(session, TooMuch));
        second.Controls.ShouldBeEmpty();
        await node.ObserveAsync(o => o.OnExceededAsync(session, TooMuch with { SizeBytes = 300 }));

        await StoppedAsync(second);
        node.Store.Events(session).Count(e => e.Event is QuotaPaused).ShouldBe(1);
    }

    [Fact]
    public async Task Changed_WhenTheSessionSleeps_ShouldBeKeptAndStartNothing_NorCountAsActivity()
    {
        var (node, _) = await StartAsync();
        await using var started = node;
        var session = await node.CreateSessionAsync();
        await node.Agents.NextAsync();
        await node.SendAsync(new HibernateSession(Node.Owner, session));
        await node.StatusAsync(session, SessionStatus.Hibernated);
        var before = (await node.Store.FindAsync(session, default))!.LastActivityAt;
        node.Time.Advance(TimeSpan.FromMinutes(1));

        await node.ObserveAsync(o => o.OnChangedAsync(session, [new ChangedFile("a.txt", FileChange.Created)], false));

        (await node.EventAsync<FilesChanged>(session)).Files.ShouldBe([new ChangedFile("a.txt", FileChange.Created)]);
        var document = (await node.Store.FindAsync(session, default))!;
        document.State.Status.ShouldBe(SessionStatus.Hibernated);
        document.LastActivityAt.ShouldBe(before);
    }

    private static async Task<(Node Node, IWorkspaceFiles Workspaces)> StartAsync()
    {
        var workspaces = Substitute.For<IWorkspaceFiles>();
        Measures(workspaces, TooMuch);
        return (await Node.StartAsync(files: workspaces), workspaces);
    }

    private static Task StoppedAsync(ScriptedAgent agent) => Eventually.ShouldHoldAsync(() => agent.Controls.Contains("stop"), "it was stopped");

    private static void Measures(IWorkspaceFiles workspaces, WorkspaceUsage usage) =>
        workspaces.MeasureAnewAsync(default, default).ReturnsForAnyArgs(usage);

    private static async Task<(SessionId Session, ScriptedAgent Agent)> RunningAsync(Node node)
    {
        var session = await node.CreateSessionAsync();
        var agent = await node.Agents.NextAsync();
        await node.ChatAsync(session, "first");
        await agent.NextMessageAsync();
        agent.BeginTurn();
        return (session, agent);
    }
}
