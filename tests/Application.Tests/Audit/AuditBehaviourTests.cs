using Claudy.Application.Audit;
using Claudy.Application.Sessions;
using Claudy.Application.Tests.Support;
using Claudy.Domain.Sessions;
using Claudy.Domain.Sessions.Permissions;
using Claudy.Domain.Users;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Audit;

public sealed class AuditBehaviourTests
{
    [Fact]
    public async Task Audit_WhenAnActIsDone_ShouldRecordWhoDidWhat()
    {
        await using var node = await Node.StartAsync();

        var session = await node.CreateSessionAsync();

        var entry = node.Audit.Single("session.created");
        entry.Outcome.ShouldBe(AuditOutcome.Done);
        entry.UserId.ShouldBe(Node.Owner);
        entry.Session.ShouldBe(session);
        entry.Detail("mode").ShouldBe("Default");
    }

    [Fact]
    public async Task Audit_WhenASessionIsAnothers_ShouldRecordTheRefusalAndThatItIsForeign()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        var stranger = UserId.New(node.Time.GetUtcNow());

        await node.SendAsync(new TerminateSession(stranger, session));
        await node.SendAsync(new GetSession(stranger, session));

        var refused = node.Audit.Single("session.terminated");
        refused.Outcome.ShouldBe(AuditOutcome.Refused);
        refused.Code.ShouldBe("SESSION_002");
        refused.UserId.ShouldBe(stranger);
        refused.Session.ShouldBe(session);
        var foreign = node.Audit.Entries.Where(e => e.Action == AuditActions.ForeignSession).ToList();
        foreign.Select(e => e.Target).ShouldBe([nameof(TerminateSession), nameof(GetSession)]);
        foreign.ShouldAllBe(e => e.UserId == stranger && e.Session == session);
    }

    [Fact]
    public async Task Audit_WhenASessionIsMissing_ShouldNotCallItForeign()
    {
        await using var node = await Node.StartAsync();

        await node.SendAsync(new GetSession(Node.Owner, SessionId.New(node.Time.GetUtcNow())));

        node.Audit.Entries.ShouldNotContain(e => e.Action == AuditActions.ForeignSession);
    }

    [Fact]
    public async Task Audit_WhenARequestIsMalformed_ShouldNotRecordIt()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();

        (await node.SendAsync(new RenameSession(Node.Owner, session, ""))).Error!.Code.ShouldBe("WS_005");

        node.Audit.Entries.ShouldNotContain(e => e.Action == "session.renamed");
    }

    [Fact]
    public async Task Audit_WhenAUseCaseFails_ShouldRecordThatItsEndIsNotKnown()
    {
        await using var node = await Node.StartAsync();
        node.Store.IsBroken = true;

        await node.SendAsync(new CreateSession(Node.Owner, new SessionSettings { Name = "x" }, null));

        var failed = node.Audit.Single("session.created");
        failed.Outcome.ShouldBe(AuditOutcome.Failed);
        failed.Code.ShouldBe("SERVER_002");
    }

    [Fact]
    public async Task Audit_WhenNothingCanBeWritten_ShouldRefuseCriticalActsBeforeTheyAreDone()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        node.Audit.IsFull = true;

        var refused = await node.SendAsync(new EditUserRule(Node.Owner, null, "Bash(ls)", PermissionEffect.Allow));
        var done = await node.SendAsync(new RenameSession(Node.Owner, session, "Another"));

        refused.Error!.Code.ShouldBe("SERVER_002");
        (await node.SendAsync(new ListUserRules(Node.Owner))).Value.Allowed.ShouldBeEmpty();
        done.IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Audit_WhenALimitIsReached_ShouldRecordIt()
    {
        await using var node = await Node.StartAsync(options: o => o.MaxPerUser = 1);
        await node.CreateSessionAsync();

        await node.SendAsync(new CreateSession(Node.Owner, new SessionSettings { Name = "x" }, null));

        node.Audit.Entries.Last(e => e.Action == "session.created").Code.ShouldBe("SESSION_011");
    }

    [Fact]
    public async Task Audit_WhenAPermissionIsAnswered_ShouldRecordToolAndRuleButNoContents()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        await node.ChatAsync(session, "hello");
        var agent = await node.Agents.NextAsync();
        await agent.NextMessageAsync();
        agent.BeginTurn();
        agent.AskToRun("r1", "echo planted-text");
        await node.EventAsync<PermissionRequested>(session);

        await node.SendAsync(new AnswerPermission(Node.Owner, session, "r1", PermissionDecision.Allow, Remember: true, null, null));
        await node.EventAsync<PermissionResolved>(session);

        node.Audit.Single("permission.answered").Detail("remember").ShouldBe("session");
        await Eventually.ShouldHoldAsync(() => node.Audit.Entries.Any(e => e.Action == AuditActions.PermissionDecided), "the decision was recorded");
        var decided = node.Audit.Single(AuditActions.PermissionDecided);
        decided.Detail("tool").ShouldBe("Bash");
        decided.Detail("reason").ShouldBe("user");
        decided.Detail("remembered").ShouldNotBeNull().ShouldStartWith("Bash(sha256:");
        node.Audit.Entries.SelectMany(e => e.Details).ShouldNotContain(d => d.Value.Contains("planted", StringComparison.Ordinal));
    }

    [Fact]
    public void Rule_ShouldKeepTheToolAndHashWhatItAllows()
    {
        AuditText.Rule("Bash").ShouldBe("Bash");
        AuditText.Rule("mcp__server__tool").ShouldBe("mcp__server__tool");
        AuditText.Rule("Bash(git status)").ShouldMatch(@"^Bash\(sha256:[0-9a-f]{16}\)$");
        AuditText.Rule("Bash(git status)").ShouldNotBe(AuditText.Rule("Bash(git push)"));
        AuditText.Rule("not a tool (x)").ShouldStartWith("sha256:");
    }
}
