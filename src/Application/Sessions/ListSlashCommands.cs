using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Lists the commands that a message may begin with.</summary>
public sealed record ListSlashCommands(UserId UserId, SessionId SessionId) : ISessionRequest<Result<SessionReply.Commands>>;

internal sealed class ListSlashCommandsHandler(ISessionInbox inbox) : IRequestHandler<ListSlashCommands, Result<SessionReply.Commands>>
{
    public Task<Result<SessionReply.Commands>> Handle(ListSlashCommands request, CancellationToken cancellationToken) =>
        inbox.AskAsync<SessionReply.Commands>(request.SessionId, new SessionCommand.ListSlashCommands(), cancellationToken);
}
