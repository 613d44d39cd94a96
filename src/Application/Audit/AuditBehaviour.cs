using Claudy.Application.Audit.Ports;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Shared;
using MediatR;

namespace Claudy.Application.Audit;

/// <summary>Records what was done and what was refused: after validation, since what is malformed was never an act.</summary>
internal sealed class AuditBehaviour<TRequest, TResponse>(IAuditLog log, AuditOrigin origin) : IPipelineBehavior<TRequest, TResponse>
    where TRequest : IRequest<TResponse>
    where TResponse : IResult<TResponse>
{
    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next) =>
        request is IAudited audited ? RecordAsync(request, audited.Act, next, cancellationToken) : WatchLimitsAsync(request, next);

    private async Task<TResponse> RecordAsync(TRequest request, AuditAct act, RequestHandlerDelegate<TResponse> next, CancellationToken cancellationToken)
    {
        if (act.IsCritical)
        {
            await log.EnsureWritableAsync(cancellationToken);
        }

        TResponse response;
        try
        {
            response = await next();
        }
        catch (Exception exception)
        {
            log.Post(EntryOf(request, act, null) with { Outcome = AuditOutcome.Failed, Code = CodeOf(exception) });
            throw;
        }

        if (response.Error is null && request is IAudited<TResponse> more)
        {
            act = more.ActOf(response);
        }

        var entry = EntryOf(request, act, response.Error);
        if (act.IsCritical && response.Error is null)
        {
            // Done is done: whoever hung up meanwhile did it all the same.
            await log.AppendAsync(entry, CancellationToken.None);
        }
        else
        {
            log.Post(entry);
        }

        return response;
    }

    private async Task<TResponse> WatchLimitsAsync(TRequest request, RequestHandlerDelegate<TResponse> next)
    {
        var response = await next();
        if (response.Error is { Status: ResultStatus.LimitExceeded } exceeded)
        {
            log.Post(EntryOf(request, new AuditAct(AuditActions.LimitExceeded) { Target = typeof(TRequest).Name }, exceeded));
        }

        return response;
    }

    private AuditEntry EntryOf(TRequest request, AuditAct act, Error? error)
    {
        var entry = origin.Entry(act, (request as IUserScoped)?.UserId, error);
        return entry.Session is null && request is ISessionScoped scoped ? entry with { Session = scoped.SessionId } : entry;
    }

    private static string? CodeOf(Exception exception) => exception switch
    {
        StoreUnavailableException => RequestErrors.StoreUnavailable().Code,
        OperationCanceledException => null,
        _ => RequestErrors.Fault("").Code,
    };
}
