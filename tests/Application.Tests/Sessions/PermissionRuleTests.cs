using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Tests.Support;
using Claudy.Domain.Sessions;
using Claudy.Domain.Sessions.Permissions;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Sessions;

/// <summary>Rules decide about tool calls; people are asked about the rest.</summary>
public sealed class PermissionRuleTests
{
    [Fact]
    public async Task Call_WhenASessionsRuleAllowsIt_ShouldRunUnaskedAndTheHistoryShouldSayWhy()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        await node.SendAsync(new EditSessionRule(Node.Owner, session, null, "Bash(touch x)", PermissionEffect.Allow));

        agent.AskToRun("p1", "touch x");
        var (requestId, answer) = await agent.NextAnswerAsync();

        (requestId, answer.Decision).ShouldBe(("p1", PermissionDecision.Allow));
        answer.Input.GetProperty("command").GetString().ShouldBe("touch x");
        var resolved = await node.EventAsync<PermissionResolved>(session);
        (resolved.Reason, resolved.ToolUseId).ShouldBe(("rule", "toolu_p1"));
        resolved.Rules.ShouldBe(["Bash(touch x)"]);
        node.Store.Events(session).ShouldNotContain(e => e.Event is PermissionRequested);
        (await node.AttachAsync(session)).State.Status.ShouldBe(SessionStatus.Running);
    }

    [Fact]
    public async Task Call_WhenMoreIsAskedThanARuleAllows_ShouldBeAskedWithASafeSuggestion()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        await node.SendAsync(new EditSessionRule(Node.Owner, session, null, "Bash(touch x)", PermissionEffect.Allow));

        agent.AskToRun("p1", "touch x; rm -rf y");
        var asked = await node.EventAsync<PermissionRequested>(session);

        asked.Request.SuggestedRules.ShouldBe(["Bash(touch x)", "Bash(rm -rf y)"]);
    }

    [Fact]
    public async Task Call_WhenARuleDeniesIt_ShouldBeDeniedWithTheRulesName()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        await node.SendAsync(new EditUserRule(Node.Owner, null, "Bash(rm:*)", PermissionEffect.Deny));

        agent.AskToRun("p1", "touch x; sh -c 'rm y'");
        var (_, answer) = await agent.NextAnswerAsync();

        answer.Decision.ShouldBe(PermissionDecision.Deny);
        answer.Message!.ShouldContain("Bash(rm:*)");
        (await node.EventAsync<PermissionResolved>(session)).Rules.ShouldBe(["Bash(rm:*)"]);
    }

    [Fact]
    public async Task UserRule_WhenAddedAndRevoked_ShouldHoldForSessionsThatRunAlready()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        await node.SendAsync(new EditUserRule(Node.Owner, null, "Bash(touch:*)", PermissionEffect.Allow));
        agent.AskToRun("p1", "touch x");
        var allowed = await agent.NextAnswerAsync();

        var left = await node.SendAsync(new EditUserRule(Node.Owner, "Bash(touch:*)", null, PermissionEffect.Allow));
        agent.AskToRun("p2", "touch x");
        var asked = await node.EventAsync<PermissionRequested>(session);

        allowed.Answer.Decision.ShouldBe(PermissionDecision.Allow);
        left.Value.Count.ShouldBe(0);
        asked.Request.Id.ShouldBe("p2");
    }

    [Fact]
    public async Task UserRule_WhenItDenies_ShouldBeToldToAgentsThatRun_AndToThoseThatStart()
    {
        await using var node = await Node.StartAsync();
        var (_, agent) = await RunningAsync(node);

        await node.SendAsync(new EditUserRule(Node.Owner, null, "Bash(cat:*)", PermissionEffect.Deny));
        await Eventually.ShouldHoldAsync(() => agent.Controls.Contains("deny Bash(cat:*)"), "the agent was told");
        await node.CreateSessionAsync();

        (await node.Agents.NextAsync()).Launch.DeniedRules.ShouldBe(["Bash(cat:*)"]);
    }

    [Fact]
    public async Task SessionRule_WhenItDenies_ShouldBeToldToTheAgentAndSurviveItsEnd()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);

        await node.SendAsync(new EditSessionRule(Node.Owner, session, null, "Bash(cat:*)", PermissionEffect.Deny));
        await Eventually.ShouldHoldAsync(() => agent.Controls.Contains("deny Bash(cat:*)"), "the agent was told");
        agent.EndTurn();
        await node.SendAsync(new HibernateSession(Node.Owner, session));
        await node.ChatAsync(session, "again");

        (await node.Agents.NextAsync()).Launch.DeniedRules.ShouldBe(["Bash(cat:*)"]);
    }

    [Fact]
    public async Task Answer_WhenRememberedForTheUser_ShouldHoldInOtherSessionsAndNotBeTheSessionsOwn()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        var (_, other) = await RunningAsync(node);
        agent.AskToRun("p1", "touch x");
        await node.EventAsync<PermissionRequested>(session);

        var answered = await node.SendAsync(new AnswerPermission(Node.Owner, session, "p1", PermissionDecision.Allow, Remember: true, null, null) { ForUser = true });
        other.AskToRun("p2", "touch x");
        var (_, unasked) = await other.NextAnswerAsync();

        answered.IsSuccess.ShouldBeTrue();
        unasked.Decision.ShouldBe(PermissionDecision.Allow);
        (await node.SendAsync(new ListUserRules(Node.Owner))).Value.Allowed.ShouldBe(["Bash(touch x)"]);
        (await node.SendAsync(new ListSessionRules(Node.Owner, session))).Value.Own.Count.ShouldBe(0);
        (await node.EventAsync<PermissionResolved>(session)).RememberedForUser.ShouldBeTrue();
    }

    [Fact]
    public async Task Answer_WhenTheUserEditsTheRules_ShouldRememberThoseInstead()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        agent.AskToRun("p1", "npm run test");
        await node.EventAsync<PermissionRequested>(session);

        await node.SendAsync(new AnswerPermission(Node.Owner, session, "p1", PermissionDecision.Allow, Remember: true, null, null) { Rules = ["Bash(npm run:*)"] });
        await agent.NextAnswerAsync();
        agent.AskToRun("p2", "npm run lint");

        (await agent.NextAnswerAsync()).Answer.Decision.ShouldBe(PermissionDecision.Allow);
        (await node.SendAsync(new ListSessionRules(Node.Owner, session))).Value.Own.Allowed.ShouldBe(["Bash(npm run:*)"]);
    }

    [Theory]
    [InlineData(PermissionDecision.Deny, true, "Bash(x)")]
    [InlineData(PermissionDecision.Allow, false, "Bash(x)")]
    [InlineData(PermissionDecision.Allow, true, "Bash(x; y)")]
    [InlineData(PermissionDecision.Allow, true, "")]
    public async Task Answer_WhenItsRulesCannotBeRemembered_ShouldBeRefused(PermissionDecision decision, bool remember, string rule)
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();

        var refused = await node.SendAsync(new AnswerPermission(Node.Owner, session, "p1", decision, remember, null, null) { Rules = [rule] });

        refused.Error!.Code.ShouldBe("WS_005");
        refused.Error.Details["field"].ToString()!.ShouldStartWith("rules");
    }

    [Fact]
    public async Task Answer_WhenThereIsNothingToRememberForTheUser_ShouldBeRefusedAndTheRequestStand()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        agent.AskToRun("p1", "touch x > y");
        await node.EventAsync<PermissionRequested>(session);

        var refused = await node.SendAsync(new AnswerPermission(Node.Owner, session, "p1", PermissionDecision.Allow, Remember: true, null, null) { ForUser = true });

        refused.Error!.Code.ShouldBe("WS_005");
        (await node.AttachAsync(session)).State.PendingPermissions.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task SessionRule_WhenEdited_ShouldBeShownAndAppendedToTheHistory()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        await node.SendAsync(new EditSessionRule(Node.Owner, session, null, "Bash(git status)", PermissionEffect.Allow));

        var edited = await node.SendAsync(new EditSessionRule(Node.Owner, session, "Bash(git status)", "Bash(git:*)", PermissionEffect.Deny));
        var missing = await node.SendAsync(new EditSessionRule(Node.Owner, session, "Bash(git status)", null, PermissionEffect.Allow));

        (edited.Value.Own.Allowed.Count, edited.Value.Own.Denied.Single()).ShouldBe((0, "Bash(git:*)"));
        missing.Error!.Code.ShouldBe("SESSION_017");
        node.Store.Events(session).Count(e => e.Event is PermissionRulesChanged).ShouldBe(2);
    }

    [Fact]
    public async Task UserRule_WhenThereIsNone_ShouldNotBeChanged() =>
        await WithNode(async node => (await node.SendAsync(new EditUserRule(Node.Owner, "Bash(x)", "Bash(y)", PermissionEffect.Allow))).Error!.Code.ShouldBe("SESSION_017"));

    [Fact]
    public async Task SessionRules_OfAnotherUser_ShouldLookLikeNoSession() => await WithNode(async node =>
    {
        var session = await node.CreateSessionAsync();
        var stranger = Claudy.Domain.Users.UserId.New(DateTimeOffset.UnixEpoch);

        (await node.SendAsync(new ListSessionRules(stranger, session))).Error!.Code.ShouldBe("SESSION_002");
        (await node.SendAsync(new EditSessionRule(stranger, session, null, "Bash", PermissionEffect.Allow))).Error!.Code.ShouldBe("SESSION_002");
    });

    [Fact]
    public async Task Call_WhenNobodyIsToBeAsked_ShouldBeDeniedUnlessARuleAllowsIt()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        await node.SendAsync(new SetPermissionMode(Node.Owner, session, PermissionMode.DontAsk));
        await node.SendAsync(new EditSessionRule(Node.Owner, session, null, "Bash(touch x)", PermissionEffect.Allow));

        agent.AskToRun("p1", "touch x");
        var allowed = await agent.NextAnswerAsync();
        agent.AskToRun("p2", "touch x && touch y");
        var denied = await agent.NextAnswerAsync();

        allowed.Answer.Decision.ShouldBe(PermissionDecision.Allow);
        denied.Answer.Decision.ShouldBe(PermissionDecision.Deny);
        (await node.EventAsync<PermissionResolved>(session, e => e.RequestId == "p2")).Reason.ShouldBe("mode");
    }

    [Fact]
    public async Task Call_WhenTheUsersRulesCannotBeRead_ShouldBeAskedWhateverTheSessionAllows()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        await node.SendAsync(new EditSessionRule(Node.Owner, session, null, "Bash(touch x)", PermissionEffect.Allow));
        node.Rules.IsBroken = true;

        agent.AskToRun("p1", "touch x");

        (await node.EventAsync<PermissionRequested>(session)).Request.Id.ShouldBe("p1");
    }

    [Fact]
    public async Task Question_ShouldReachAPersonWhateverTheRules()
    {
        await using var node = await Node.StartAsync();
        var (session, agent) = await RunningAsync(node);
        await node.SendAsync(new EditUserRule(Node.Owner, null, "AskUserQuestion", PermissionEffect.Allow));

        agent.Say(new AgentEvent.PermissionRequest("p1", "AskUserQuestion", System.Text.Json.JsonElement.Parse("{}"), null, "t1", null, [], null));

        (await node.EventAsync<PermissionRequested>(session)).Request.ToolName.ShouldBe("AskUserQuestion");
    }

    private static async Task WithNode(Func<Node, Task> test)
    {
        await using var node = await Node.StartAsync();
        await test(node);
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
