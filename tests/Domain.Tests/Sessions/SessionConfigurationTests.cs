using Claudy.Domain.Sessions;
using Shouldly;
using Xunit;

namespace Claudy.Domain.Tests.Sessions;

public sealed class SessionConfigurationTests
{
    private static readonly DateTimeOffset Now = SessionFactory.Now;

    [Fact]
    public void ConfigurationFound_WhenItIsNew_ShouldAskAndApproveNothing()
    {
        var session = SessionFactory.Idle();
        var found = With("A", "1");

        session.ConfigurationFound(found, Now);

        session.TakeUncommitted().ShouldHaveSingleItem().Event.ShouldBe(new ConfigurationReviewRequested(found));
        session.State.ApprovedConfiguration().ShouldBeNull();
    }

    [Theory]
    [InlineData(ConfigurationDecision.Approved)]
    [InlineData(ConfigurationDecision.Rejected)]
    public void ConfigurationFound_WhenItIsWhatWasDecidedAbout_ShouldNotAskAgain(ConfigurationDecision decision)
    {
        var session = Decided(decision);

        session.ConfigurationFound(With("A", "1"), Now);

        session.TakeUncommitted().ShouldBeEmpty();
        session.State.Configuration!.Decision.ShouldBe(decision);
    }

    [Fact]
    public void ConfigurationFound_WhenItChanged_ShouldAskAnewAndApproveNothing()
    {
        var session = Decided(ConfigurationDecision.Approved);

        session.ConfigurationFound(With("A", "2"), Now);

        session.TakeUncommitted().Kinds().ShouldBe([nameof(ConfigurationReviewRequested)]);
        session.State.ApprovedConfiguration().ShouldBeNull();
    }

    [Fact]
    public void ConfigurationFound_WhenItIsGone_ShouldBeWithdrawnOnce()
    {
        var session = Decided(ConfigurationDecision.Approved);

        session.ConfigurationFound(WorkspaceConfiguration.Of([], [], [], [], []), Now);
        session.ConfigurationFound(WorkspaceConfiguration.Of([], [], [], [], []), Now);

        session.TakeUncommitted().ShouldHaveSingleItem().Event.ShouldBe(new ConfigurationReviewed(With("A", "1").Digest, ConfigurationDecision.Withdrawn));
        session.State.Configuration.ShouldBeNull();
    }

    [Fact]
    public void ConfigurationFound_WhenOnlyWhatIsIgnoredIsThere_ShouldAskNothing()
    {
        var session = SessionFactory.Idle();

        session.ConfigurationFound(WorkspaceConfiguration.Of([], [], [], [], [new IgnoredSetting("x", "apiKeyHelper", "No.")]), Now);

        session.TakeUncommitted().ShouldBeEmpty();
    }

    [Fact]
    public void ReviewConfiguration_WhenItIsNotWhatWasShown_ShouldBeRefused()
    {
        var session = SessionFactory.Idle();
        var shown = With("A", "1");
        session.ConfigurationFound(shown, Now);
        session.ConfigurationFound(With("A", "2"), Now);

        var reviewed = session.ReviewConfiguration(shown.Digest, ConfigurationDecision.Approved, Now);

        reviewed.Error!.Code.ShouldBe("SESSION_020");
        session.State.ApprovedConfiguration().ShouldBeNull();
    }

    [Fact]
    public void ReviewConfiguration_WhenNothingWasShown_ShouldBeRefused() =>
        SessionFactory.Idle().ReviewConfiguration("x", ConfigurationDecision.Approved, Now).Error!.Code.ShouldBe("SESSION_020");

    [Fact]
    public void ReviewConfiguration_WhenDecidedOtherwiseLater_ShouldHoldTheLaterDecision()
    {
        var session = Decided(ConfigurationDecision.Rejected);

        session.ReviewConfiguration(With("A", "1").Digest, ConfigurationDecision.Approved, Now).IsSuccess.ShouldBeTrue();
        session.ReviewConfiguration(With("A", "1").Digest, ConfigurationDecision.Approved, Now).IsSuccess.ShouldBeTrue();

        session.TakeUncommitted().Kinds().ShouldBe([nameof(ConfigurationReviewed)]);
        session.State.ApprovedConfiguration()!.Digest.ShouldBe(With("A", "1").Digest);
    }

    [Fact]
    public void ReviewConfiguration_WhenTheSessionIsOver_ShouldBeRefused()
    {
        var session = SessionFactory.Idle();
        session.ConfigurationFound(With("A", "1"), Now);
        session.Terminate("user_request", Now);

        session.ReviewConfiguration(With("A", "1").Digest, ConfigurationDecision.Approved, Now).Error!.Code.ShouldBe("SESSION_004");
    }

    [Fact]
    public void Digest_WhenAnythingThatTakesEffectDiffers_ShouldDiffer()
    {
        var hook = new WorkspaceHook("Stop", null, "a", null, null, null, false, false);
        var server = Server("s") with { Args = ["a", "b"] };
        WorkspaceConfiguration[] all =
        [
            Of(hook), Of(hook with { Event = "PreToolUse" }), Of(hook with { Matcher = "" }), Of(hook with { Command = "b" }), Of(hook with { Args = [] }),
            Of(hook with { Args = ["x"] }), Of(hook with { If = "Bash(ls)" }), Of(hook with { TimeoutSeconds = 1 }), Of(hook with { Once = true }),
            Of(hook with { IsAsync = true }), Of(hook, hook),
            With("A", "1"), With("A", "2"), With("B", "1"),
            Of(server), Of(server with { Name = "t" }), Of(server with { Command = "x" }), Of(server with { Args = ["a b"] }), Of(server with { Args = ["ab"] }),
            Of(server with { Environment = [new("A", "1")] }), Of(server with { Headers = [new("A", "1")] }), Of(server with { Url = "http://x" }),
            Of(server with { Transport = McpTransport.Http }),
            WorkspaceConfiguration.Of([], [], [], [new("CLAUDE.md", "a")], []), WorkspaceConfiguration.Of([], [], [], [new("CLAUDE.md", "b")], []),
            WorkspaceConfiguration.Of([], [], [], [new("CLAUDE.local.md", "a")], []), WorkspaceConfiguration.Of([], [], [], [], []),
        ];

        all.Select(configuration => configuration.Digest).Distinct().Count().ShouldBe(all.Length);
    }

    [Fact]
    public void Digest_WhenOnlyTheOrderOfNamesOrWhatIsIgnoredDiffers_ShouldBeTheSame()
    {
        var one = WorkspaceConfiguration.Of([], [new("A", "1"), new("B", "2")], [Server("s"), Server("t")], [], []);
        var other = WorkspaceConfiguration.Of([], [new("B", "2"), new("A", "1")], [Server("t"), Server("s")], [], [new("x", "y", "z")]);

        other.Digest.ShouldBe(one.Digest);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("")]
    [InlineData("a\n")]
    public void Problem_WhenTheNameIsNone_ShouldSaySo(string name) => Server(name).Problem().ShouldNotBeNull();

    [Fact]
    public void Problem_ShouldFindWhatCannotBeRun()
    {
        var http = new McpServer { Name = "h", Transport = McpTransport.Http, Url = "https://mcp.example/x", Args = [], Environment = [], Headers = [new("X-Key", "v")] };

        Server("s").Problem().ShouldBeNull();
        http.Problem().ShouldBeNull();
        McpServer[] bad =
        [
            Server("s") with { Command = " " }, Server("s") with { Command = "a\0" }, Server("s") with { Args = [new string('x', 8_193)] },
            Server("s") with { Environment = [new("A=B", "1")] }, Server("s") with { Environment = [new("A", "\0")] }, Server("s") with { Url = "http://x" },
            Server("s") with { Args = [.. Enumerable.Repeat("x", 101)] },
            http with { Url = "file:///etc/passwd" }, http with { Url = "mcp.example" }, http with { Url = null }, http with { Command = "x" },
            http with { Headers = [new("X Key", "v")] }, http with { Headers = [new("X-Key", "v\r\nY: z")] },
        ];
        bad.ShouldAllBe(server => server.Problem() != null);
        $"{http} {http.Headers[0]}".ShouldBe("h X-Key");
    }

    private static Session Decided(ConfigurationDecision decision)
    {
        var session = SessionFactory.Idle();
        session.ConfigurationFound(With("A", "1"), Now);
        session.ReviewConfiguration(With("A", "1").Digest, decision, Now);
        session.TakeUncommitted();
        return session;
    }

    private static WorkspaceConfiguration With(string name, string value) => WorkspaceConfiguration.Of([], [new(name, value)], [], [], []);

    private static WorkspaceConfiguration Of(params WorkspaceHook[] hooks) => WorkspaceConfiguration.Of(hooks, [], [], [], []);

    private static WorkspaceConfiguration Of(McpServer server) => WorkspaceConfiguration.Of([], [], [server], [], []);

    private static McpServer Server(string name) =>
        new() { Name = name, Transport = McpTransport.Stdio, Command = "run", Args = [], Environment = [], Headers = [] };
}
