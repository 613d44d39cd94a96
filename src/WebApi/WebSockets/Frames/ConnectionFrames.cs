using Claudy.Domain.Shared;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.WebSockets.Frames;

/// <summary>Frames about the connection itself.</summary>
internal static class ConnectionFrames
{
    public static async Task<Result> AuthenticateAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        await context.Connection.Authentication.AuthenticateAsync(context.Frame.Content, context.Frame.Id, cancellationToken);
        return Result.Success();
    }

    public static Task<Result> PingAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        context.Connection.Send(Answer.Empty(FrameTypes.Answer.Pong), context.Frame.Id);
        return Task.FromResult(Result.Success());
    }
}
