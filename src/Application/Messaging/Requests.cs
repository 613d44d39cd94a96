using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Messaging;

/// <summary>Names who asks: from the connection or the request's token, never from a frame.</summary>
public interface IUserScoped
{
    /// <summary>Who asks.</summary>
    UserId UserId { get; }
}

/// <summary>Names the session that a request is about.</summary>
public interface ISessionScoped : IUserScoped
{
    /// <summary>Which session.</summary>
    SessionId SessionId { get; }
}

/// <summary>A use case that a signed-in user asks for.</summary>
/// <typeparam name="TResponse">A <see cref="Result"/> or <see cref="Result{T}"/>.</typeparam>
public interface IUserRequest<out TResponse> : IRequest<TResponse>, IUserScoped
    where TResponse : IResult;

/// <summary>A use case on one session; only its owner gets further than <see cref="OwnershipBehaviour{TRequest,TResponse}"/>.</summary>
/// <typeparam name="TResponse">A <see cref="Result"/> or <see cref="Result{T}"/>.</typeparam>
public interface ISessionRequest<out TResponse> : IUserRequest<TResponse>, ISessionScoped
    where TResponse : IResult;
