using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Contracts;

/// <summary>What every session inbox must do.</summary>
public abstract class SessionInboxContract
{
    private readonly SessionId _session = TestSessions.NewId();

    protected abstract ISessionInbox Inbox { get; }

    [Fact]
    public async Task SendAsync_WhenNobodyListens_ShouldSayThatTheSessionCannotBeReached()
    {
        var reply = await Inbox.SendAsync(_session, new SessionCommand.Interrupt(), default);

        reply.Error.ShouldNotBeNull().Code.ShouldBe("SESSION_014");
    }

    [Fact]
    public async Task SendAsync_WhenSomebodyListens_ShouldDeliverTheCommandAndBringTheAnswer()
    {
        (SessionId, SessionCommand)? delivered = null;
        Inbox.Listen((session, command, _) =>
        {
            delivered = (session, command);
            return Task.FromResult(Result.Success<SessionReply>(new SessionReply.Done(SessionStatus.Idle, 7)));
        });

        var reply = await Inbox.SendAsync(_session, new SessionCommand.Rename("new name"), default);

        delivered.ShouldBe((_session, new SessionCommand.Rename("new name")));
        reply.Value.ShouldBe(new SessionReply.Done(SessionStatus.Idle, 7));
    }

    [Fact]
    public async Task SendAsync_WhenTheSessionRefuses_ShouldBringTheError()
    {
        Inbox.Listen((_, _, _) => Task.FromResult(Result<SessionReply>.Failure(SessionErrors.Terminated())));

        var reply = await Inbox.SendAsync(_session, new SessionCommand.Hibernate(), default);

        reply.Error.ShouldNotBeNull().Code.ShouldBe("SESSION_004");
    }
}
