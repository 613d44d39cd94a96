using Claudy.Application.Files;
using Claudy.Application.Files.Ports;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Tests.Support;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using NSubstitute.ExceptionExtensions;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Sessions;

public sealed class ConfigurationQuarantineTests
{
    private static readonly WorkspaceConfiguration One = ScriptedWorkspace.With([new("A", "1")]);
    private static readonly WorkspaceConfiguration Two = ScriptedWorkspace.With([new("A", "2")]);

    public static TheoryData<Exception> LookFailures => [new StoreUnavailableException("full", new IOException("No space left on device")), new OperationCanceledException()];

    [Theory]
    [MemberData(nameof(LookFailures))]
    public async Task UploadFile_WhenTheLookAfterItFails_ShouldSayThatTheFileIsWritten(Exception failure)
    {
        var written = new WrittenFile(WorkspacePath.Parse("CLAUDE.md").Value, 1, "", Created: true);
        var files = Substitute.For<IWorkspaceFiles>();
        files.WriteAsync(default, default!, default, default, default).ReturnsForAnyArgs(written);
        var inbox = Substitute.For<ISessionInbox>();
        inbox.SendAsync(default, default!, default).ThrowsAsyncForAnyArgs(failure);
        var handler = new UploadFileHandler(files, new ConfigurationLook(new ScriptedWorkspace(), inbox, NullLogger<ConfigurationLook>.Instance));

        var result = await handler.Handle(new UploadFile(Node.Owner, SessionId.New(DateTimeOffset.UnixEpoch), "CLAUDE.md", new byte[1], Overwrite: true), default);

        result.Value.ShouldBe(written);
        await inbox.ReceivedWithAnyArgs(1).SendAsync(default, default!, default);
    }

    [Fact]
    public async Task Start_WhenTheWorkspaceConfigures_ShouldAskAndApplyNothing()
    {
        await using var node = await Node.StartAsync();
        node.Workspace.Files = One;

        var session = await node.CreateSessionAsync();
        var agent = await node.Agents.NextAsync();

        (await node.EventAsync<ConfigurationReviewRequested>(session)).Configuration.Digest.ShouldBe(One.Digest);
        agent.Launch.Configuration.ShouldBeNull();
        (await node.AttachAsync(session)).State.Configuration.ShouldBe(new ConfigurationReview(One, null));
    }

    [Fact]
    public async Task Review_WhenApprovedWhileItRests_ShouldReplaceTheAgentByOneWithIt()
    {
        await using var node = await Node.StartAsync();
        var (session, first) = await AskedAsync(node, One);

        await ReviewAsync(node, session, One, ConfigurationDecision.Approved);
        var second = await node.Agents.NextAsync();

        first.Controls.ShouldBe(["stop"]);
        second.Launch.Configuration!.Digest.ShouldBe(One.Digest);
        await node.StatusAsync(session, SessionStatus.Idle);
    }

    [Fact]
    public async Task Review_WhenApprovedInATurn_ShouldTakeEffectAfterItAndBeforeTheNextMessage()
    {
        await using var node = await Node.StartAsync();
        var (session, first) = await AskedAsync(node, One);
        await node.ChatAsync(session, "one");
        await first.NextMessageAsync();
        first.BeginTurn();
        await node.ChatAsync(session, "two");

        await ReviewAsync(node, session, One, ConfigurationDecision.Approved);
        first.Controls.ShouldBeEmpty();
        first.EndTurn();
        var second = await node.Agents.NextAsync();

        second.Launch.Configuration!.Digest.ShouldBe(One.Digest);
        (await second.NextMessageAsync()).Text.ShouldBe("two");
        first.Controls.ShouldBe(["stop"]);
    }

    [Fact]
    public async Task Turn_WhenItChangesWhatWasApproved_ShouldAskAnewAndDropWhatWas()
    {
        await using var node = await Node.StartAsync();
        var (session, _) = await AskedAsync(node, One);
        await ReviewAsync(node, session, One, ConfigurationDecision.Approved);
        var second = await node.Agents.NextAsync();
        await node.ChatAsync(session, "change it");
        await second.NextMessageAsync();
        second.BeginTurn();

        node.Workspace.Files = Two;
        second.EndTurn();
        var third = await node.Agents.NextAsync();

        (await node.EventAsync<ConfigurationReviewRequested>(session, e => e.Configuration.Digest == Two.Digest)).ShouldNotBeNull();
        third.Launch.Configuration.ShouldBeNull();
    }

    [Fact]
    public async Task Start_WhenTheFilesChangedAfterTheApproval_ShouldApplyNothingOfThem()
    {
        await using var node = await Node.StartAsync();
        var (session, _) = await AskedAsync(node, One);
        node.Workspace.Files = Two;

        await ReviewAsync(node, session, One, ConfigurationDecision.Approved);
        var second = await node.Agents.NextAsync();

        second.Launch.Configuration.ShouldBeNull();
        (await node.EventAsync<ConfigurationReviewRequested>(session, e => e.Configuration.Digest == Two.Digest)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Review_WhenItAnswersAnOlderConfiguration_ShouldBeRefused()
    {
        await using var node = await Node.StartAsync();
        var (session, first) = await AskedAsync(node, One);
        node.Workspace.Files = Two;
        await node.ChatAsync(session, "change it");
        await first.NextMessageAsync();
        first.BeginTurn();
        first.EndTurn();
        await node.EventAsync<ConfigurationReviewRequested>(session, e => e.Configuration.Digest == Two.Digest);

        var reviewed = await node.SendAsync(new ReviewConfiguration(Node.Owner, session, One.Digest, ConfigurationDecision.Approved));

        reviewed.Error!.Code.ShouldBe("SESSION_020");
    }

    [Fact]
    public async Task Review_WhenRejected_ShouldBeRememberedOverAnotherStart()
    {
        await using var node = await Node.StartAsync();
        var (session, _) = await AskedAsync(node, One);
        await ReviewAsync(node, session, One, ConfigurationDecision.Rejected);
        await node.SendAsync(new HibernateSession(Node.Owner, session));

        await node.AttachAsync(session);
        var second = await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);

        second.Launch.Configuration.ShouldBeNull();
        node.Store.Events(session).Count(e => e.Event is ConfigurationReviewRequested).ShouldBe(1);
    }

    [Fact]
    public async Task Start_WhenTheWorkspaceCannotBeRead_ShouldApplyNothingAndGoOn()
    {
        await using var node = await Node.StartAsync();
        var (session, _) = await AskedAsync(node, One);
        await ReviewAsync(node, session, One, ConfigurationDecision.Approved);
        await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);
        await node.SendAsync(new HibernateSession(Node.Owner, session));

        node.Workspace.IsBroken = true;
        await node.AttachAsync(session);

        (await node.Agents.NextAsync()).Launch.Configuration.ShouldBeNull();
        await node.StatusAsync(session, SessionStatus.Idle);
    }

    [Fact]
    public async Task Upload_WhenItIsAFileThatConfigures_ShouldAskAtOnce()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        await node.StatusAsync(session, SessionStatus.Idle);
        node.Files.WriteAsync(default, default!, default, default, default)
            .ReturnsForAnyArgs(call => Result.Success(new WrittenFile(call.Arg<WorkspacePath>(), 1, "", true)));
        node.Workspace.Files = One;

        await node.SendAsync(new UploadFile(Node.Owner, session, "CLAUDE.md", new byte[1], Overwrite: true));

        (await node.EventAsync<ConfigurationReviewRequested>(session)).Configuration.Digest.ShouldBe(One.Digest);
    }

    [Fact]
    public async Task McpServers_WhenGiven_ShouldReachTheAgentAndNoEvent()
    {
        await using var node = await Node.StartAsync();
        node.Workspace.Files = WorkspaceConfiguration.Of([], [], [Server("mine", "theirs"), Server("other", "theirs")], [], []);
        var created = await node.SendAsync(new CreateSession(Node.Owner, new SessionSettings { Name = "test" }, null, [Server("mine", "s3cret")]));
        var session = created.Value.Id;
        var first = await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);

        await ReviewAsync(node, session, node.Workspace.Files, ConfigurationDecision.Approved);
        var second = await node.Agents.NextAsync();

        first.Launch.McpServers.ShouldHaveSingleItem().Args.ShouldBe(["s3cret"]);
        second.Launch.McpServers.Select(s => $"{s.Name} {s.Args[0]}").ShouldBe(["mine s3cret", "other theirs"]);
        node.Store.Events(session).ShouldAllBe(e => !System.Text.Encoding.UTF8.GetString(SessionEventJson.EncodeEvent(e.Event)).Contains("s3cret"));
    }

    [Fact]
    public async Task SetMcpServers_ShouldReplaceTheAgentByOneThatHasThem()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        var first = await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);

        (await node.SendAsync(new SetMcpServers(Node.Owner, session, [Server("tiny", "x")]))).IsSuccess.ShouldBeTrue();
        var second = await node.Agents.NextAsync();

        first.Launch.McpServers.ShouldBeEmpty();
        second.Launch.McpServers.ShouldHaveSingleItem().Name.ShouldBe("tiny");
        (await node.EventAsync<SettingsChanged>(session)).Settings.McpServers.ShouldBe(["tiny"]);
    }

    [Fact]
    public async Task McpServers_WhenTheServerRestarted_ShouldBeToldAsMissing()
    {
        var store = new InMemoryStore();
        SessionId session;
        await using (var before = await Node.StartAsync(store))
        {
            session = (await before.SendAsync(new CreateSession(Node.Owner, new SessionSettings { Name = "test" }, null, [Server("tiny", "x")]))).Value.Id;
            await before.Agents.NextAsync();
            await before.StopAsync();
        }

        await using var node = await Node.StartAsync(store);
        await node.AttachAsync(session);
        var agent = await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);
        var status = await node.SendAsync(new GetMcpStatus(Node.Owner, session));

        agent.Launch.McpServers.ShouldBeEmpty();
        status.Value.Servers.ShouldHaveSingleItem().ShouldSatisfyAllConditions(s => s.Name.ShouldBe("tiny"), s => s.Status.ShouldBe("missing"));
        node.Coordination.Published.OfType<FeedItem.Notice>().ShouldHaveSingleItem().Reason.ShouldBe("mcp_servers_lost");
    }

    [Fact]
    public async Task McpServers_WhenTheSessionIsAFork_ShouldBeToldAsMissingForThatReason()
    {
        await using var node = await Node.StartAsync();
        var (session, _) = await node.AfterTurnsAsync("one");
        await node.SendAsync(new SetMcpServers(Node.Owner, session, [Server("tiny", "x")]));
        await node.Agents.NextAsync();

        var fork = (await node.SendAsync(new ForkSession(Node.Owner, session, null))).Value.Session.Id;
        var agent = await node.Agents.NextAsync();
        await node.StatusAsync(fork, SessionStatus.Idle);
        var status = await node.SendAsync(new GetMcpStatus(Node.Owner, fork));

        agent.Launch.McpServers.ShouldBeEmpty();
        status.Value.Servers.ShouldHaveSingleItem().Status.ShouldBe("missing");
        node.Coordination.Published.OfType<FeedItem.Notice>().ShouldHaveSingleItem().Message.ShouldContain("or the session is a fork");
    }

    [Fact]
    public async Task McpServers_WhenTheSessionIsDeleted_ShouldBeForgotten()
    {
        await using var node = await Node.StartAsync();
        var session = (await node.SendAsync(new CreateSession(Node.Owner, new SessionSettings { Name = "test" }, null, [Server("tiny", "x")]))).Value.Id;
        await node.Agents.NextAsync();
        node.Workspace.Find(session).ShouldNotBeNull();

        (await node.SendAsync(new DeleteSession(Node.Owner, session))).Error.ShouldBeNull();

        node.Workspace.Find(session).ShouldBeNull();
    }

    [Fact]
    public async Task ThinkingBudget_ShouldBeToldAtOnceAndAtTheNextStart()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        var first = await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);

        await node.SendAsync(new SetThinkingBudget(Node.Owner, session, 4_000));
        await node.SendAsync(new HibernateSession(Node.Owner, session));
        await node.AttachAsync(session);
        var second = await node.Agents.NextAsync();

        first.Controls.ShouldBe(["thinking 4000", "stop"]);
        second.Launch.Settings.MaxThinkingTokens.ShouldBe(4_000);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1_023)]
    [InlineData(128_001)]
    public async Task ThinkingBudget_WhenOutOfRange_ShouldBeRefused(int tokens)
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();

        var refused = await node.SendAsync(new SetThinkingBudget(Node.Owner, session, tokens));

        refused.Error!.Code.ShouldBe("WS_005");
    }

    [Fact]
    public async Task Query_WhenNothingRuns_ShouldSaySo()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);
        await node.SendAsync(new HibernateSession(Node.Owner, session));

        var usage = await node.SendAsync(new GetContextUsage(Node.Owner, session));

        usage.Error!.Code.ShouldBe("SESSION_021");
    }

    private static McpServer Server(string name, string arg) =>
        new() { Name = name, Transport = McpTransport.Stdio, Command = "run", Args = [arg], Environment = [], Headers = [] };

    private static async Task<(SessionId Session, ScriptedAgent Agent)> AskedAsync(Node node, WorkspaceConfiguration files)
    {
        node.Workspace.Files = files;
        var session = await node.CreateSessionAsync();
        var agent = await node.Agents.NextAsync();
        await node.StatusAsync(session, SessionStatus.Idle);
        await node.EventAsync<ConfigurationReviewRequested>(session);
        return (session, agent);
    }

    private static async Task ReviewAsync(Node node, SessionId session, WorkspaceConfiguration shown, ConfigurationDecision decision) =>
        (await node.SendAsync(new ReviewConfiguration(Node.Owner, session, shown.Digest, decision))).Error.ShouldBeNull();
}
