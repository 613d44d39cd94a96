using Claudy.Application.Credentials;
using Claudy.Application.Messaging;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.WebSockets.Frames;

/// <summary>Frames about Anthropic keys.</summary>
internal static class CredentialFrames
{
    public static async Task<Result> ValidateAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var key = KeyOf(context);
        return key.IsSuccess
            ? await ReplyAsync(context, await mediator.Send(new ValidateKey(context.UserId, key.Value), cancellationToken), null, cancellationToken)
            : key.Error;
    }

    public static async Task<Result> UpdateAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var key = KeyOf(context);
        if (!key.IsSuccess)
        {
            return key.Error;
        }

        var session = await context.SessionAsync(mediator, cancellationToken);
        return session.IsSuccess
            ? await ReplyAsync(
                context,
                await mediator.Send(new UpdateSessionKey(context.UserId, session.Value, key.Value), cancellationToken),
                session.Value,
                cancellationToken)
            : session.Error;
    }

    private static Result<Secret> KeyOf(FrameContext context)
    {
        var data = context.Data(ProtocolJson.Default.ClaudeTokenData);
        if (!data.IsSuccess)
        {
            return data.Error;
        }

        return string.IsNullOrWhiteSpace(data.Value.ClaudeToken)
            ? RequestErrors.InvalidField("claude_token", "claude_token is missing.")
            : new Secret(data.Value.ClaudeToken);
    }

    private static async Task<Result> ReplyAsync(
        FrameContext context, Result<KeyStatus> status, SessionId? session, CancellationToken cancellationToken) =>
        status.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.TokenStatus,
                new TokenStatusData(status.Value.IsValid, status.Value.Reason),
                ProtocolJson.Default.TokenStatusData,
                session,
                cancellationToken)
            : status.Error;
}
