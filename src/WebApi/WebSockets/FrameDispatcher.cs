using Claudy.Application.Audit;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.WebSockets;

/// <summary>Handles a frame in a scope of its own; whatever happens, it is answered.</summary>
internal sealed partial class FrameDispatcher(IServiceScopeFactory scopes, ILogger<FrameDispatcher> logger)
{
    /// <summary>Handles a frame.</summary>
    public async Task DispatchAsync(FrameContext context, CancellationToken cancellationToken)
    {
        var result = await RunAsync(
            context.Connection, context.Frame.Type, mediator => context.Definition.Handler(context, mediator, cancellationToken), cancellationToken);
        if (result.Error is { } error)
        {
            SessionId? session = SessionId.TryParse(context.Frame.SessionId, null, out var named) ? named : null;
            context.Connection.Send(Answer.Of(error, session), context.Frame.Id);
        }
    }

    /// <summary>Fills a hole in what a connection was told of a session.</summary>
    public async Task RepairAsync(ClientConnection connection, Attachment attachment, CancellationToken cancellationToken)
    {
        LogHole(attachment.Session, attachment.LastSeq);
        var result = await RunAsync(
            connection,
            "repair",
            mediator => connection.Sessions.RepairAsync(mediator, connection.Authentication.UserId, attachment, cancellationToken),
            cancellationToken);
        if (!result.IsSuccess)
        {
            // The client comes back with its last seq and gets the rest.
            connection.Close(CloseCodes.Fault, result.Error.Reason);
        }
    }

    private async Task<Result> RunAsync(ClientConnection connection, string what, Func<IMediator, Task<Result>> work, CancellationToken cancellationToken)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            scope.ServiceProvider.GetRequiredService<AuditOrigin>().CopyFrom(connection.Audit.Origin);
            return await work(scope.ServiceProvider.GetRequiredService<IMediator>());
        }
        catch (StoreUnavailableException exception)
        {
            LogStoreUnavailable(exception, what);
            return RequestErrors.StoreUnavailable();
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            var faultId = Guid.NewGuid().ToString("N")[..12];
            LogFault(exception, what, faultId);
            return RequestErrors.Fault(faultId);
        }
    }

    [LoggerMessage(420, LogLevel.Error, "Frame {FrameType} failed; fault {FaultId}")]
    private partial void LogFault(Exception exception, string frameType, string faultId);

    [LoggerMessage(421, LogLevel.Warning, "The feed of session {SessionId} has a hole after event {LastSeq}; it is filled from the log")]
    private partial void LogHole(SessionId sessionId, long lastSeq);

    [LoggerMessage(430, LogLevel.Error, "Frame {FrameType}: the store is unavailable")]
    private partial void LogStoreUnavailable(Exception exception, string frameType);
}
