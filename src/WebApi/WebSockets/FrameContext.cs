using System.Text.Json.Serialization.Metadata;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.WebSockets;

/// <summary>A frame that is being handled.</summary>
internal sealed class FrameContext(ClientConnection connection, ClientFrame frame, FrameDefinition definition)
{
    public ClientConnection Connection => connection;

    public ClientFrame Frame => frame;

    public FrameDefinition Definition => definition;

    /// <summary>Who asks; only for frames that need authentication.</summary>
    public UserId UserId => connection.Authentication.UserId;

    /// <summary>The type's own fields.</summary>
    public Result<T> Data<T>(JsonTypeInfo<T> type) => frame.ReadData(type);

    /// <summary>Answers, once the client has read most of what it was sent before.</summary>
    public async Task<Result> ReplyAsync<T>(string type, T data, JsonTypeInfo<T> typeInfo, SessionId? session, CancellationToken cancellationToken)
    {
        await connection.SendWhenRoomAsync(Answer.Of(type, data, typeInfo, session), frame.Id, cancellationToken);
        return Result.Success();
    }

    /// <summary>The session that the frame is about: the one it names, else the one attached last, else the one used last.</summary>
    public async Task<Result<SessionId>> SessionAsync(IMediator mediator, CancellationToken cancellationToken)
    {
        if (frame.SessionId is { } named)
        {
            return SessionId.TryParse(named, null, out var session)
                ? session
                : RequestErrors.InvalidField("session_id", "session_id must be a UUID, as the server gave it.");
        }

        return connection.Sessions.Last is { } last
            ? last
            : await mediator.Send(new FindLatestSession(UserId), cancellationToken);
    }
}
