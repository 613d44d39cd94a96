using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using MediatR;

namespace Claudy.Application.Messaging;

/// <summary>Lets only the owner of a session through. Another user's session looks like a missing one.</summary>
internal sealed class OwnershipBehaviour<TRequest, TResponse>(ISessionStore sessions)
    : IPipelineBehavior<TRequest, TResponse>
    where TRequest : IRequest<TResponse>, ISessionScoped
    where TResponse : IResult<TResponse>
{
    public async Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        var session = await sessions.FindAsync(request.SessionId, cancellationToken);
        return session is null || session.Owner != request.UserId
            ? TResponse.Failure(SessionErrors.NotFound())
            : await next();
    }
}
