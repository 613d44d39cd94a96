using Claudy.Application.Messaging;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.WebSockets.Frames;

/// <summary>Frames about what a session's Claude Code is configured with, and what it can tell of itself.</summary>
internal static class AgentFrames
{
    public static async Task<Result> ReviewConfigurationAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var data = context.Data(ProtocolJson.Default.ConfigurationResponseData);
        if (!data.IsSuccess)
        {
            return data.Error;
        }

        var decision = WireNames.ParseReview(data.Value.Decision);
        if (!decision.IsSuccess)
        {
            return decision.Error;
        }

        var session = await context.SessionAsync(mediator, cancellationToken);
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        var digest = data.Value.Digest ?? "";
        var done = await mediator.Send(new ReviewConfiguration(context.UserId, session.Value, digest, decision.Value), cancellationToken);
        return done.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.ConfigurationReviewed,
                new ConfigurationReviewedData(digest, WireNames.Of(decision.Value)),
                ProtocolJson.Default.ConfigurationReviewedData,
                session.Value,
                cancellationToken)
            : done.Error;
    }

    public static async Task<Result> ContextUsageAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var session = await context.SessionAsync(mediator, cancellationToken);
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        var answer = await mediator.Send(new GetContextUsage(context.UserId, session.Value), cancellationToken);
        if (!answer.IsSuccess)
        {
            return answer.Error;
        }

        var (model, total, max, percentage, autoCompact, categories) = answer.Value.Usage;
        return await context.ReplyAsync(
            FrameTypes.Answer.ContextUsage,
            new ContextUsageData(model, total, max, percentage, autoCompact, categories),
            ProtocolJson.Default.ContextUsageData,
            session.Value,
            cancellationToken);
    }

    public static async Task<Result> SlashCommandsAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var session = await context.SessionAsync(mediator, cancellationToken);
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        var answer = await mediator.Send(new ListSlashCommands(context.UserId, session.Value), cancellationToken);
        return answer.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.SlashCommands,
                new SlashCommandsData(answer.Value.Slash),
                ProtocolJson.Default.SlashCommandsData,
                session.Value,
                cancellationToken)
            : answer.Error;
    }

    public static Task<Result> McpStatusAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken) =>
        AskMcpAsync(context, mediator, static (user, session) => new GetMcpStatus(user, session), cancellationToken);

    public static Task<Result> McpReconnectAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var data = context.Data(ProtocolJson.Default.McpServerQuery);
        return data.IsSuccess
            ? AskMcpAsync(context, mediator, (user, session) => new ReconnectMcpServer(user, session, data.Value.Server ?? ""), cancellationToken)
            : Task.FromResult<Result>(data.Error);
    }

    public static Task<Result> McpToggleAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var data = context.Data(ProtocolJson.Default.McpServerQuery);
        if (!data.IsSuccess)
        {
            return Task.FromResult<Result>(data.Error);
        }

        return data.Value.Enabled is { } enabled
            ? AskMcpAsync(context, mediator, (user, session) => new ToggleMcpServer(user, session, data.Value.Server ?? "", enabled), cancellationToken)
            : Task.FromResult<Result>(RequestErrors.InvalidField("enabled", "enabled must be true or false."));
    }

    private static async Task<Result> AskMcpAsync(
        FrameContext context,
        IMediator mediator,
        Func<UserId, SessionId, IRequest<Result<SessionReply.McpServers>>> requestOf,
        CancellationToken cancellationToken)
    {
        var session = await context.SessionAsync(mediator, cancellationToken);
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        var answer = await mediator.Send(requestOf(context.UserId, session.Value), cancellationToken);
        return answer.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.McpStatus,
                new McpStatusData(answer.Value.Servers),
                ProtocolJson.Default.McpStatusData,
                session.Value,
                cancellationToken)
            : answer.Error;
    }
}
