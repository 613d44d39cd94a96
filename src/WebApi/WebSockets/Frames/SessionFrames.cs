using System.Buffers;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.WebSockets.Frames;

/// <summary>Frames that make, find and watch sessions.</summary>
internal static class SessionFrames
{
    private const int DefaultPage = 50;
    private const int DefaultHistory = 100;

    /// <summary>Fetching a repository takes minutes, and the client goes on meanwhile.</summary>
    public static FrameLane LaneOf(ClientFrame frame) =>
        frame.ReadData(ProtocolJson.Default.CreateSessionData) is { IsSuccess: true, Value.Repository: not null } ? FrameLane.Aside : FrameLane.Ordered;

    public static async Task<Result> CreateAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var request = context.Data(ProtocolJson.Default.CreateSessionData);
        if (!request.IsSuccess)
        {
            return request.Error;
        }

        var read = SessionRequest.Read(
            context.UserId,
            request.Value,
            (progress, token) => context.Connection.SendWhenRoomAsync(
                Answer.Of(
                    FrameTypes.Ephemeral.RepositoryProgress,
                    new RepositoryProgressData(context.Frame.Id, progress.Phase, progress.Percent),
                    ProtocolJson.Default.RepositoryProgressData,
                    null),
                replyTo: null,
                token));
        if (!read.IsSuccess)
        {
            return read.Error;
        }

        var created = await mediator.Send(read.Value, cancellationToken);
        if (!created.IsSuccess)
        {
            return created.Error;
        }

        var session = created.Value;
        return await context.Connection.Sessions.AttachAsync(
            mediator,
            context.UserId,
            session.Id,
            afterSeq: 0,
            (attached, _) => context.ReplyAsync(
                FrameTypes.Answer.SessionCreated,
                SessionCreatedData.Of(session, attached.State.Status),
                ProtocolJson.Default.SessionCreatedData,
                session.Id,
                cancellationToken),
            cancellationToken);
    }

    public static async Task<Result> ListAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var request = context.Data(ProtocolJson.Default.ListSessionsData);
        if (!request.IsSuccess)
        {
            return request.Error;
        }

        SessionStatus? status = null;
        if (request.Value.Status is { } name)
        {
            var parsed = WireNames.ParseStatus(name);
            if (!parsed.IsSuccess)
            {
                return parsed.Error;
            }

            status = parsed.Value;
        }

        var (_, query, limit, cursor) = request.Value;
        var page = await mediator.Send(new ListSessions(context.UserId, status, query, limit ?? DefaultPage, cursor), cancellationToken);
        return page.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.SessionList,
                new SessionListData([.. page.Value.Sessions.Select(SessionSummary.Of)], page.Value.NextCursor),
                ProtocolJson.Default.SessionListData,
                null,
                cancellationToken)
            : page.Error;
    }

    public static async Task<Result> AttachAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var request = context.Data(ProtocolJson.Default.AttachSessionData);
        if (!request.IsSuccess)
        {
            return request.Error;
        }

        var session = await context.SessionAsync(mediator, cancellationToken);
        return session.IsSuccess
            ? await context.Connection.Sessions.AttachAsync(
                mediator,
                context.UserId,
                session.Value,
                request.Value.AfterSeq,
                (attached, delivered) => context.ReplyAsync(
                    FrameTypes.Answer.SessionAttached, AttachedOf(attached, delivered), ProtocolJson.Default.SessionAttachedData, session.Value, cancellationToken),
                cancellationToken)
            : session.Error;
    }

    public static async Task<Result> DetachAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var session = await context.SessionAsync(mediator, cancellationToken);
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        context.Connection.Sessions.Leave(session.Value);
        return await context.ReplyAsync(
            FrameTypes.Answer.SessionDetached, EmptyData.Instance, ProtocolJson.Default.EmptyData, session.Value, cancellationToken);
    }

    public static async Task<Result> HistoryAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var request = context.Data(ProtocolJson.Default.SessionHistoryQuery);
        if (!request.IsSuccess)
        {
            return request.Error;
        }

        var session = await context.SessionAsync(mediator, cancellationToken);
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        var (beforeSeq, limit) = request.Value;
        var history = await mediator.Send(new GetSessionHistory(context.UserId, session.Value, beforeSeq, limit ?? DefaultHistory), cancellationToken);
        return history.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.SessionHistory, HistoryOf(session.Value, history.Value), ProtocolJson.Default.SessionHistoryData, session.Value, cancellationToken)
            : history.Error;
    }

    private static SessionAttachedData AttachedOf(SessionReply.Attached attached, long delivered) => new(
        WireNames.Of(attached.State.Status),
        attached.State.Settings.Name,
        attached.State.Settings.Model,
        WireNames.Of(attached.State.Settings.PermissionMode),
        NetworkData.Of(attached.State.Settings.Network),
        WireNames.WorkspacePath,
        attached.LastSeq,
        delivered + 1,
        [.. attached.InFlight.Select(text => new InFlightData(
            text.IsThinking ? FrameTypes.Event.ClaudeThinking : FrameTypes.Event.ClaudeResponse, text.MessageId, text.Text, text.NextChunkIndex))],
        attached.State.PendingPermissions,
        [.. attached.State.Queue.Select((message, index) => new QueuedMessageData(message.Id, message.ClientId, message.Text, index + 1))],
        attached.State.Configuration,
        attached.State.BudgetPause is { } pause ? WireUsage.DataOf(pause) : null,
        attached.State.QuotaPause is { } quota ? QuotaData.Of(quota) : null);

    private static SessionHistoryData HistoryOf(SessionId session, SessionHistory history)
    {
        var encoder = new EventEncoder(session, TimeProvider.System);
        List<RawFrame> events = new(history.Events.Count);
        foreach (var stored in history.Events)
        {
            var output = new ArrayBufferWriter<byte>();
            encoder.Write(output, stored);
            events.Add(new RawFrame(output.WrittenMemory));
        }

        return new SessionHistoryData(events, history.Events is [var first, ..] ? first.Seq : null, history.HasMore);
    }
}
