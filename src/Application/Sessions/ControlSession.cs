using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.Application.Sessions;

/// <summary>A use case that is one command to the session, and answers with where the session stands afterwards.</summary>
public interface IControlRequest : ISessionRequest<Result<SessionReply.Done>>;

/// <summary>Sends a control command and unwraps its answer.</summary>
internal static class ControlExtensions
{
    public static async Task<Result<SessionReply.Done>> ControlAsync(
        this ISessionInbox inbox, IControlRequest request, SessionCommand command, CancellationToken cancellationToken)
    {
        var reply = await inbox.SendAsync(request.SessionId, command, cancellationToken);
        return reply.IsSuccess ? (SessionReply.Done)reply.Value : reply.Error;
    }

    /// <summary>Sends a question and unwraps its answer.</summary>
    public static async Task<Result<T>> AskAsync<T>(
        this ISessionInbox inbox, SessionId session, SessionCommand command, CancellationToken cancellationToken)
        where T : SessionReply
    {
        var reply = await inbox.SendAsync(session, command, cancellationToken);
        return reply.IsSuccess ? (T)reply.Value : reply.Error;
    }
}
