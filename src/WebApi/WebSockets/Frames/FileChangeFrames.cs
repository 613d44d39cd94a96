using Claudy.Application.Files;
using Claudy.Domain.Shared;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.WebSockets.Frames;

/// <summary>Frames that move, remove and make names in the session's workspace.</summary>
internal static class FileChangeFrames
{
    public static async Task<Result> MoveAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var data = context.Data(ProtocolJson.Default.FileMoveData);
        var session = data.IsSuccess ? await context.SessionAsync(mediator, cancellationToken) : data.Error;
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        var (filename, newFilename, overwrite) = data.Value;
        var moved = await mediator.Send(new MoveFile(context.UserId, session.Value, filename ?? "", newFilename ?? "", overwrite ?? false), cancellationToken);
        return moved.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.FileMoved,
                new FileMovedData(moved.Value.From.Value, moved.Value.To.Value, moved.Value.IsDirectory),
                ProtocolJson.Default.FileMovedData,
                session.Value,
                cancellationToken)
            : moved.Error;
    }

    public static async Task<Result> DeleteAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var data = context.Data(ProtocolJson.Default.FileDeleteData);
        var session = data.IsSuccess ? await context.SessionAsync(mediator, cancellationToken) : data.Error;
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        var (filename, recursive) = data.Value;
        var deleted = await mediator.Send(new DeleteFile(context.UserId, session.Value, filename ?? "", recursive ?? false), cancellationToken);
        return deleted.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.FileDeleted, new FileDeletedData(filename!), ProtocolJson.Default.FileDeletedData, session.Value, cancellationToken)
            : deleted.Error;
    }

    public static async Task<Result> MakeDirectoryAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var data = context.Data(ProtocolJson.Default.DirectoryCreateData);
        var session = data.IsSuccess ? await context.SessionAsync(mediator, cancellationToken) : data.Error;
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        var filename = data.Value.Filename ?? "";
        var made = await mediator.Send(new MakeDirectory(context.UserId, session.Value, filename), cancellationToken);
        return made.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.DirectoryCreated,
                new DirectoryCreatedData(filename, made.Value),
                ProtocolJson.Default.DirectoryCreatedData,
                session.Value,
                cancellationToken)
            : made.Error;
    }
}
