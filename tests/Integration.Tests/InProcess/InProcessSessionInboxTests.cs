using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Infrastructure.InProcess;
using Claudy.Integration.Tests.Contracts;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.InProcess;

public sealed class InProcessSessionInboxTests : SessionInboxContract
{
    private readonly InProcessSessionInbox _inbox = new();

    protected override ISessionInbox Inbox => _inbox;

    [Fact]
    public void Listen_WhenSomebodyListensAlready_ShouldThrow()
    {
        _inbox.Listen(Refuse);

        Should.Throw<InvalidOperationException>(() => _inbox.Listen(Refuse));
    }

    private static Task<Result<SessionReply>> Refuse(SessionId session, SessionCommand command, CancellationToken cancellationToken) =>
        Task.FromResult<Result<SessionReply>>(SessionErrors.NotFound());
}
