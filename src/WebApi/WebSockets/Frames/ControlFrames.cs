using Claudy.Application.Messaging;
using Claudy.Application.Sessions;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.WebSockets.Frames;

/// <summary>The frame that steers a session, whatever its action.</summary>
internal static class ControlFrames
{
    private const string Interrupt = "interrupt";
    private const string Delete = "delete";
    private const string Fork = "fork";

    /// <summary>An interrupt waits for nothing; the rest keeps its order among the session's messages.</summary>
    public static FrameLane LaneOf(ClientFrame frame) =>
        frame.ReadData(ProtocolJson.Default.SessionControlData) is { IsSuccess: true, Value.Action: Interrupt } ? FrameLane.Urgent : FrameLane.Ordered;

    public static async Task<Result> ControlAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var data = context.Data(ProtocolJson.Default.SessionControlData);
        if (!data.IsSuccess)
        {
            return data.Error;
        }

        var session = await context.SessionAsync(mediator, cancellationToken);
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        if (data.Value.Action == Delete)
        {
            return await DeleteAsync(context, mediator, session.Value, cancellationToken);
        }

        if (data.Value.Action == Fork)
        {
            return await ForkAsync(context, mediator, new ForkSession(context.UserId, session.Value, data.Value.AtSeq), cancellationToken);
        }

        var request = RequestOf(data.Value, context.UserId, session.Value);
        if (!request.IsSuccess)
        {
            return request.Error;
        }

        var done = await mediator.Send(request.Value, cancellationToken);
        return done.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.SessionStatus,
                new SessionStatusData(WireNames.Of(done.Value.Status), done.Value.LastSeq),
                ProtocolJson.Default.SessionStatusData,
                session.Value,
                cancellationToken)
            : done.Error;
    }

    private static async Task<Result> DeleteAsync(FrameContext context, IMediator mediator, SessionId session, CancellationToken cancellationToken)
    {
        // What cannot be undone is never meant by leaving the session out.
        if (context.Frame.SessionId is null)
        {
            return RequestErrors.InvalidField("session_id", "session_id must name the session to delete.");
        }

        var deleted = await mediator.Send(new DeleteSession(context.UserId, session), cancellationToken);
        return deleted.IsSuccess
            ? await context.ReplyAsync(FrameTypes.Answer.SessionDeleted, EmptyData.Instance, ProtocolJson.Default.EmptyData, session, cancellationToken)
            : deleted;
    }

    private static Result<IControlRequest> RequestOf(SessionControlData data, UserId user, SessionId session) => data.Action switch
    {
        Interrupt => new InterruptTurn(user, session),
        "hibernate" => new HibernateSession(user, session),
        "resume" => new ResumeSession(user, session),
        "restart" => new RestartSession(user, session),
        "terminate" => new TerminateSession(user, session),
        "rename" => new RenameSession(user, session, data.Name ?? ""),
        "set_model" => new SetModel(user, session, data.Model),
        "set_permission_mode" => WireNames.ParseMode(data.Mode, "mode") is { IsSuccess: true } mode
            ? new SetPermissionMode(user, session, mode.Value)
            : WireNames.ParseMode(data.Mode, "mode").Error!,
        "set_network" => SetNetwork(data, user, session),
        "set_thinking_budget" => new SetThinkingBudget(user, session, data.MaxThinkingTokens),
        "set_mcp_servers" => McpServerData.Read(data.McpServers) is { IsSuccess: true } servers
            ? new SetMcpServers(user, session, servers.Value)
            : McpServerData.Read(data.McpServers).Error!,
        "set_budget" => new SetBudget(user, session, WireUsage.BudgetOf(new BudgetData(data.SoftUsd, data.HardUsd))),
        "take_back" => new TakeBackTurn(user, session, data.TurnId ?? 0),
        _ => RequestErrors.InvalidField(
            "action",
            "action must be interrupt, hibernate, resume, restart, terminate, delete, rename, set_model, set_permission_mode, set_network, set_thinking_budget, set_mcp_servers, set_budget, fork or take_back."),
    };

    private static Result<IControlRequest> SetNetwork(SessionControlData data, UserId user, SessionId session)
    {
        var network = WireNetwork.Parse(data.Network);
        if (!network.IsSuccess)
        {
            return network.Error;
        }

        return network.Value is { } policy
            ? new SetNetwork(user, session, policy)
            : RequestErrors.InvalidField("network", "network is missing: none, allow_list or open.");
    }

    private static async Task<Result> ForkAsync(FrameContext context, IMediator mediator, ForkSession request, CancellationToken cancellationToken)
    {
        var forked = await mediator.Send(request, cancellationToken);
        if (!forked.IsSuccess)
        {
            return forked.Error;
        }

        var (session, atSeq, skipped) = forked.Value;
        return await context.Connection.Sessions.AttachAsync(
            mediator,
            context.UserId,
            session.Id,
            afterSeq: 0,
            (attached, _) => context.ReplyAsync(
                FrameTypes.Answer.SessionCreated,
                SessionCreatedData.Of(session, attached.State.Status) with
                {
                    ForkedFrom = request.SessionId.ToString(),
                    ForkedAtSeq = atSeq,
                    SkippedFiles = skipped,
                },
                ProtocolJson.Default.SessionCreatedData,
                session.Id,
                cancellationToken),
            cancellationToken);
    }
}
