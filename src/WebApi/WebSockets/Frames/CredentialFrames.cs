using Claudy.Application.Credentials;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.WebSockets.Frames;

/// <summary>Frames about Anthropic keys and tokens.</summary>
internal static class CredentialFrames
{
    public static async Task<Result> ValidateAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var credential = CredentialOf(context, out _);
        return credential.IsSuccess
            ? await ReplyAsync(context, await mediator.Send(new ValidateKey(context.UserId, credential.Value), cancellationToken), null, cancellationToken)
            : credential.Error;
    }

    public static async Task<Result> UpdateAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var credential = CredentialOf(context, out var data);
        if (!credential.IsSuccess)
        {
            return credential.Error;
        }

        var isForUser = WireCredential.IsForUser(data.Scope);
        if (!isForUser.IsSuccess)
        {
            return isForUser.Error;
        }

        var isRemembered = data.RememberToken ?? false;
        if (isForUser.Value)
        {
            return await ReplyAsync(
                context, await mediator.Send(new SetUserKey(context.UserId, credential.Value, isRemembered), cancellationToken), null, cancellationToken);
        }

        var session = await context.SessionAsync(mediator, cancellationToken);
        return session.IsSuccess
            ? await ReplyAsync(
                context,
                await mediator.Send(new UpdateSessionKey(context.UserId, session.Value, credential.Value, isRemembered), cancellationToken),
                session.Value,
                cancellationToken)
            : session.Error;
    }

    public static async Task<Result> ForgetAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var data = context.Data(ProtocolJson.Default.TokenScopeData);
        var isForUser = data.IsSuccess ? WireCredential.IsForUser(data.Value.Scope) : data.Error;
        if (!isForUser.IsSuccess)
        {
            return isForUser.Error;
        }

        var forgotten = isForUser.Value
            ? await mediator.Send(new ForgetUserKey(context.UserId), cancellationToken)
            : await ForgetSessionsAsync(context, mediator, cancellationToken);
        return forgotten.IsSuccess ? await DescribeAsync(context, mediator, cancellationToken) : forgotten.Error;
    }

    public static async Task<Result> DescribeAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var user = await mediator.Send(new DescribeUserKey(context.UserId), cancellationToken);
        if (!user.IsSuccess)
        {
            return user.Error;
        }

        SessionId? session = null;
        TokenDescription? own = null;
        var asked = await context.SessionAsync(mediator, cancellationToken);
        if (asked.IsSuccess)
        {
            var described = await mediator.Send(new DescribeSessionKey(context.UserId, asked.Value), cancellationToken);
            if (!described.IsSuccess)
            {
                return described.Error;
            }

            session = asked.Value;
            own = TokenDescription.Of(described.Value);
        }
        else if (context.Frame.SessionId is not null)
        {
            return asked.Error;
        }

        return await context.ReplyAsync(
            FrameTypes.Answer.TokenInfo,
            new TokenInfoData(own, TokenDescription.Of(user.Value)),
            ProtocolJson.Default.TokenInfoData,
            session,
            cancellationToken);
    }

    private static async Task<Result> ForgetSessionsAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var session = await context.SessionAsync(mediator, cancellationToken);
        return session.IsSuccess ? await mediator.Send(new ForgetSessionKey(context.UserId, session.Value), cancellationToken) : session.Error;
    }

    private static Result<ClaudeCredential> CredentialOf(FrameContext context, out ClaudeTokenData data)
    {
        var read = context.Data(ProtocolJson.Default.ClaudeTokenData);
        data = read.IsSuccess ? read.Value : new ClaudeTokenData();
        return read.IsSuccess ? WireCredential.Parse(data.ClaudeToken, data.TokenKind) : read.Error;
    }

    private static async Task<Result> ReplyAsync(
        FrameContext context, Result<KeyStatus> status, SessionId? session, CancellationToken cancellationToken) =>
        status.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.TokenStatus, TokenStatusData.Of(status.Value), ProtocolJson.Default.TokenStatusData, session, cancellationToken)
            : status.Error;
}
