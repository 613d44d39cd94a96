using Claudy.Application.Sessions;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.WebSockets.Frames;

/// <summary>Frames of the conversation.</summary>
internal static class ChatFrames
{
    public static async Task<Result> SendAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var data = context.Data(ProtocolJson.Default.ChatMessageData);
        if (!data.IsSuccess)
        {
            return data.Error;
        }

        var session = await context.SessionAsync(mediator, cancellationToken);
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        var images = (data.Value.Images ?? []).Select(image => new ImageAttachment(image?.MediaType ?? "", image?.Data ?? []));
        var accepted = await mediator.Send(
            new SendChat(context.UserId, session.Value, context.Frame.Id, context.Frame.Content ?? "", [.. images], data.Value.SendNow ?? false), cancellationToken);
        return accepted.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.ChatAccepted,
                new ChatAcceptedData(accepted.Value.MessageId, accepted.Value.Position),
                ProtocolJson.Default.ChatAcceptedData,
                session.Value,
                cancellationToken)
            : accepted.Error;
    }

    public static Task<Result> CancelAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken) =>
        ChangeQueueAsync(context, mediator, QueueChange.Cancelled, (session, id) => new CancelMessage(context.UserId, session, id), cancellationToken);

    public static Task<Result> EditAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken) =>
        ChangeQueueAsync(
            context, mediator, QueueChange.Edited, (session, id) => new EditMessage(context.UserId, session, id, context.Frame.Content ?? ""), cancellationToken);

    public static Task<Result> SendNowAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken) =>
        ChangeQueueAsync(context, mediator, QueueChange.Moved, (session, id) => new SendNow(context.UserId, session, id), cancellationToken);

    public static async Task<Result> AnswerPermissionAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var data = context.Data(ProtocolJson.Default.PermissionResponseData);
        if (!data.IsSuccess)
        {
            return data.Error;
        }

        var decision = WireNames.ParseDecision(data.Value.Decision);
        if (!decision.IsSuccess)
        {
            return decision.Error;
        }

        var session = await context.SessionAsync(mediator, cancellationToken);
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        var scope = RuleFrames.ParseRemember(data.Value.Remember);
        if (!scope.IsSuccess)
        {
            return scope.Error;
        }

        var (requestId, _, _, input, message, rules) = data.Value;
        var answer = new AnswerPermission(context.UserId, session.Value, requestId ?? "", decision.Value, scope.Value != RememberScope.Nothing, input, message)
        {
            ForUser = scope.Value == RememberScope.User,
            Rules = rules?.Select(rule => rule ?? "").ToList(),
        };
        var done = await mediator.Send(answer, cancellationToken);
        return done.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.PermissionResolved,
                new PermissionResolvedData(requestId!, WireNames.Of(decision.Value), "user"),
                ProtocolJson.Default.PermissionResolvedData,
                session.Value,
                cancellationToken)
            : done.Error;
    }

    private static async Task<Result> ChangeQueueAsync(
        FrameContext context, IMediator mediator, QueueChange change, Func<SessionId, string, IControlRequest> requestOf, CancellationToken cancellationToken)
    {
        var data = context.Data(ProtocolJson.Default.QueuedMessageReference);
        if (!data.IsSuccess)
        {
            return data.Error;
        }

        var session = await context.SessionAsync(mediator, cancellationToken);
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        var messageId = data.Value.MessageId ?? "";
        var done = await mediator.Send(requestOf(session.Value, messageId), cancellationToken);
        return done.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.QueueChanged,
                new QueueChangedData(WireNames.Of(change), messageId),
                ProtocolJson.Default.QueueChangedData,
                session.Value,
                cancellationToken)
            : done.Error;
    }
}
