using Claudy.Application.Files;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.WebSockets.Frames;

/// <summary>Frames of uploads in pieces.</summary>
internal static class UploadFrames
{
    public static async Task<Result> BeginAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var data = context.Data(ProtocolJson.Default.FileUploadBeginData);
        var session = data.IsSuccess ? await context.SessionAsync(mediator, cancellationToken) : data.Error;
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        var (id, filename, size, overwrite) = data.Value;
        var begun = await mediator.Send(new BeginUpload(context.UserId, session.Value, id, filename ?? "", size, overwrite ?? false), cancellationToken);
        return await AnswerAsync(context, FrameTypes.Answer.FileUploadReady, begun, session.Value, cancellationToken);
    }

    public static async Task<Result> AppendAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var data = context.Data(ProtocolJson.Default.FileUploadChunkData);
        if (!data.IsSuccess)
        {
            return data.Error;
        }

        var (id, offset, text, encoding) = data.Value;
        var content = FileFrames.Decode(text, encoding ?? FileFrames.Base64Encoding);
        var session = content.IsSuccess ? await context.SessionAsync(mediator, cancellationToken) : content.Error;
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        var added = await mediator.Send(new AppendUpload(context.UserId, session.Value, id, offset, content.Value), cancellationToken);
        return await AnswerAsync(context, FrameTypes.Answer.FileUploadProgress, added, session.Value, cancellationToken);
    }

    public static async Task<Result> CommitAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var data = context.Data(ProtocolJson.Default.FileUploadReference);
        var session = data.IsSuccess ? await context.SessionAsync(mediator, cancellationToken) : data.Error;
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        var written = await mediator.Send(new CommitUpload(context.UserId, session.Value, data.Value.UploadId, data.Value.Sha256), cancellationToken);
        return written.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.FileUploaded, FileFrames.DataOf(written.Value), ProtocolJson.Default.FileUploadedData, session.Value, cancellationToken)
            : written.Error;
    }

    public static async Task<Result> AbortAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var data = context.Data(ProtocolJson.Default.FileUploadReference);
        var session = data.IsSuccess ? await context.SessionAsync(mediator, cancellationToken) : data.Error;
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        var aborted = await mediator.Send(new AbortUpload(context.UserId, session.Value, data.Value.UploadId), cancellationToken);
        return aborted.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.FileUploadAborted,
                new FileUploadAbortedData(data.Value.UploadId!),
                ProtocolJson.Default.FileUploadAbortedData,
                session.Value,
                cancellationToken)
            : aborted.Error;
    }

    private static async Task<Result> AnswerAsync(
        FrameContext context, string type, Result<UploadState> state, SessionId session, CancellationToken cancellationToken)
    {
        if (!state.IsSuccess)
        {
            return state.Error;
        }

        var (plan, offset) = state.Value;
        var data = new FileUploadStateData(plan.Id.Value, plan.Path.Value, plan.Size, offset);
        return await context.ReplyAsync(type, data, ProtocolJson.Default.FileUploadStateData, session, cancellationToken);
    }
}
