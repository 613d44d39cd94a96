using Claudy.Application.Files;
using Claudy.Domain.Shared;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.WebSockets.Frames;

/// <summary>Frames about what a workspace was.</summary>
internal static class CheckpointFrames
{
    public static async Task<Result> DiffAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var data = context.Data(ProtocolJson.Default.WorkspaceDiffQuery);
        if (!data.IsSuccess)
        {
            return data.Error;
        }

        var session = await context.SessionAsync(mediator, cancellationToken);
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        var diff = await mediator.Send(new DiffWorkspace(context.UserId, session.Value, data.Value.SinceSeq, data.Value.UntilSeq), cancellationToken);
        return diff.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.WorkspaceDiff, WorkspaceDiffData.Of(diff.Value), ProtocolJson.Default.WorkspaceDiffData, session.Value, cancellationToken)
            : diff.Error;
    }
}
