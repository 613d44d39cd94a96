using Claudy.Application.Audit;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using MediatR;

namespace Claudy.Application.Messaging;

/// <summary>Lets only the owner of a session through. Another user's session looks like a missing one.</summary>
internal sealed class OwnershipBehaviour<TRequest, TResponse>(ISessionStore sessions, ForeignAccess foreign)
    : IPipelineBehavior<TRequest, TResponse>
    where TRequest : IRequest<TResponse>, ISessionScoped
    where TResponse : IResult<TResponse>
{
    public async Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        var session = await sessions.FindAsync(request.SessionId, cancellationToken);
        if (session is not null && session.Owner == request.UserId)
        {
            return await next();
        }

        if (session is not null)
        {
            foreign.Note(typeof(TRequest).Name, request.UserId, request.SessionId);
        }

        return TResponse.Failure(SessionErrors.NotFound());
    }
}
