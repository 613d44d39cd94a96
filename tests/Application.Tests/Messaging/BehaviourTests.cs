using Claudy.Application.Sessions;
using Claudy.Application.Tests.Support;
using Claudy.Domain.Sessions;
using Claudy.Domain.Users;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Messaging;

public sealed class BehaviourTests
{
    [Fact]
    public async Task Ownership_WhenTheSessionIsAnothers_ShouldAnswerAsIfThereWereNone()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();
        var stranger = UserId.New(node.Time.GetUtcNow());

        var foreign = await node.SendAsync(new InterruptTurn(stranger, session));
        var missing = await node.SendAsync(new InterruptTurn(stranger, SessionId.New(node.Time.GetUtcNow())));

        foreign.Error!.Code.ShouldBe("SESSION_002");
        foreign.Error.Message.ShouldBe(missing.Error!.Message);
    }

    [Fact]
    public async Task Validation_WhenAFieldIsWrong_ShouldNameIt()
    {
        await using var node = await Node.StartAsync();

        var refused = await node.SendAsync(new ListSessions(Node.Owner, null, null, 0, null));

        refused.Error!.Code.ShouldBe("WS_005");
        refused.Error.Details["field"].ShouldBe("limit");
    }

    [Fact]
    public async Task CreateSession_WhenModelIsAFlag_ShouldRefuse()
    {
        await using var node = await Node.StartAsync();

        var refused = await node.SendAsync(new CreateSession(Node.Owner, new SessionSettings { Name = "x", Model = "--dangerously" }, null));

        refused.Error!.Code.ShouldBe("WS_005");
        refused.Error.Details["field"].ShouldBe("model");
    }

    [Fact]
    public async Task CreateSession_WhenBypassingWithoutASandbox_ShouldRefuse()
    {
        await using var node = await Node.StartAsync();
        node.Agents.IsIsolating = false;

        var refused = await node.SendAsync(new CreateSession(Node.Owner, new SessionSettings { Name = "x", PermissionMode = PermissionMode.BypassPermissions }, null));

        refused.Error!.Code.ShouldBe("SESSION_012");
    }

    [Fact]
    public async Task Store_WhenItIsAway_ShouldAnswerSo()
    {
        await using var node = await Node.StartAsync();
        node.Store.IsBroken = true;

        var refused = await node.SendAsync(new CreateSession(Node.Owner, new SessionSettings { Name = "x" }, null));

        refused.Error!.Code.ShouldBe("SERVER_002");
    }
}
