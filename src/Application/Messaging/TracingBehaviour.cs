using System.Diagnostics;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Shared;
using MediatR;
using Microsoft.Extensions.Logging;

namespace Claudy.Application.Messaging;

/// <summary>Gives every use case an activity and a log line, and turns faults into an answer with an id to look up.</summary>
internal sealed partial class TracingBehaviour<TRequest, TResponse>(ILogger<TracingBehaviour<TRequest, TResponse>> logger)
    : IPipelineBehavior<TRequest, TResponse>
    where TRequest : IRequest<TResponse>
    where TResponse : IResult<TResponse>
{
    public async Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        using var activity = Telemetry.Activities.StartActivity(typeof(TRequest).Name);
        if (request is ISessionScoped scoped)
        {
            activity?.SetTag("claudy.session_id", scoped.SessionId.ToString());
        }

        try
        {
            var response = await next();
            if (response.Error is { } error)
            {
                activity?.SetStatus(ActivityStatusCode.Error, error.Code);
                LogRefused(typeof(TRequest).Name, error.Code, error.Reason);
            }

            return response;
        }
        catch (StoreUnavailableException exception)
        {
            LogStoreUnavailable(exception, typeof(TRequest).Name);
            return TResponse.Failure(RequestErrors.StoreUnavailable());
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            var faultId = Guid.NewGuid().ToString("N")[..12];
            LogFault(exception, typeof(TRequest).Name, faultId);
            return TResponse.Failure(RequestErrors.Fault(faultId));
        }
    }

    [LoggerMessage(100, LogLevel.Debug, "{UseCase} refused: {Code} {Reason}")]
    private partial void LogRefused(string useCase, string code, string reason);

    [LoggerMessage(101, LogLevel.Error, "{UseCase}: the store is unavailable")]
    private partial void LogStoreUnavailable(Exception exception, string useCase);

    [LoggerMessage(102, LogLevel.Error, "{UseCase} failed; fault {FaultId}")]
    private partial void LogFault(Exception exception, string useCase, string faultId);
}

/// <summary>The names under which Claudy is traced.</summary>
public static class Telemetry
{
    /// <summary>The source of all activities, and the prefix of all meters.</summary>
    public const string Name = "Claudy";

    /// <summary>Activities of use cases and turns.</summary>
    public static readonly ActivitySource Activities = new(Name);
}
