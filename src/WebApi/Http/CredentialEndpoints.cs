using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Credentials;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.Http;

/// <summary>Anthropic keys and tokens over HTTP: the same use cases as the frames about them.</summary>
internal static class CredentialEndpoints
{
    private const string OfUser = "/api/user/claude-token";
    private const string OfSession = "/api/session/token";

    /// <summary>Maps them.</summary>
    public static void MapCredentials(this IEndpointRouteBuilder routes)
    {
        var bearer = routes.ServiceProvider.GetRequiredService<BearerAuthentication>();
        routes.MapPost("/api/claude/token/validate", bearer.Require(ValidateAsync));
        routes.MapPut(OfUser, bearer.Require(SetUsersAsync));
        routes.MapGet(OfUser, bearer.Require(DescribeUsersAsync));
        routes.MapDelete(OfUser, bearer.Require(ForgetUsersAsync));
        routes.MapPut(OfSession, bearer.Require(SetSessionsAsync));
        routes.MapGet(OfSession, bearer.Require(DescribeSessionsAsync));
        routes.MapDelete(OfSession, bearer.Require(ForgetSessionsAsync));
    }

    private static async Task ValidateAsync(HttpContext context, Identity user)
    {
        var given = await ReadAsync(context);
        await AnswerAsync(
            context,
            given.IsSuccess ? await MediatorOf(context).Send(new ValidateKey(user.UserId, given.Value.Credential), context.RequestAborted) : given.Error);
    }

    private static async Task SetUsersAsync(HttpContext context, Identity user)
    {
        var given = await ReadAsync(context);
        await AnswerAsync(
            context,
            given.IsSuccess
                ? await MediatorOf(context).Send(new SetUserKey(user.UserId, given.Value.Credential, given.Value.IsRemembered), context.RequestAborted)
                : given.Error);
    }

    private static async Task DescribeUsersAsync(HttpContext context, Identity user) =>
        await AnswerAsync(context, await MediatorOf(context).Send(new DescribeUserKey(user.UserId), context.RequestAborted));

    private static async Task ForgetUsersAsync(HttpContext context, Identity user) =>
        await AnswerAsync(context, await MediatorOf(context).Send(new ForgetUserKey(user.UserId), context.RequestAborted));

    private static async Task SetSessionsAsync(HttpContext context, Identity user)
    {
        var given = await ReadAsync(context);
        var session = given.IsSuccess ? await SessionAsync(context, user, given.Value.Session) : given.Error;
        await AnswerAsync(
            context,
            session.IsSuccess
                ? await MediatorOf(context).Send(
                    new UpdateSessionKey(user.UserId, session.Value, given.Value.Credential, given.Value.IsRemembered), context.RequestAborted)
                : session.Error);
    }

    private static async Task DescribeSessionsAsync(HttpContext context, Identity user)
    {
        var session = await SessionAsync(context, user, context.Request.Query["session_id"]);
        await AnswerAsync(
            context,
            session.IsSuccess
                ? await MediatorOf(context).Send(new DescribeSessionKey(user.UserId, session.Value), context.RequestAborted)
                : session.Error);
    }

    private static async Task ForgetSessionsAsync(HttpContext context, Identity user)
    {
        var session = await SessionAsync(context, user, context.Request.Query["session_id"]);
        await AnswerAsync(
            context,
            session.IsSuccess ? await MediatorOf(context).Send(new ForgetSessionKey(user.UserId, session.Value), context.RequestAborted) : session.Error);
    }

    private static async Task<Result<Given>> ReadAsync(HttpContext context)
    {
        ClaudeTokenData? data = null;
        try
        {
            if (context.Request.HasJsonContentType())
            {
                data = await JsonSerializer.DeserializeAsync(context.Request.Body, ProtocolJson.Default.ClaudeTokenData, context.RequestAborted);
            }
        }
        catch (JsonException)
        {
            // The same answer as for no body at all; what is wrong in it may be the key.
        }

        if (data is null)
        {
            return RequestErrors.InvalidField("claude_token", "The body must be a JSON object with the key: {\"claude_token\": \"…\"}.");
        }

        var credential = WireCredential.Parse(data.ClaudeToken, data.TokenKind);
        return credential.IsSuccess ? new Given(credential.Value, data.RememberToken ?? false, data.SessionId) : credential.Error;
    }

    /// <summary>The session that is named, else the one that the user used last.</summary>
    private static async Task<Result<SessionId>> SessionAsync(HttpContext context, Identity user, string? named)
    {
        if (named is null)
        {
            return await MediatorOf(context).Send(new FindLatestSession(user.UserId), context.RequestAborted);
        }

        return SessionId.TryParse(named, null, out var session)
            ? session
            : RequestErrors.InvalidField("session_id", "session_id must be a UUID, as the server gave it.");
    }

    private static Task AnswerAsync(HttpContext context, Result<KeyStatus> status) => status.IsSuccess
        ? WriteAsync(context, TokenStatusData.Of(status.Value), ProtocolJson.Default.TokenStatusData)
        : Problems.WriteAsync(context, status.Error);

    private static Task AnswerAsync(HttpContext context, Result<KeyDescription> description) => description.IsSuccess
        ? WriteAsync(context, TokenDescription.Of(description.Value), ProtocolJson.Default.TokenDescription)
        : Problems.WriteAsync(context, description.Error);

    private static Task AnswerAsync(HttpContext context, Result forgotten)
    {
        if (!forgotten.IsSuccess)
        {
            return Problems.WriteAsync(context, forgotten.Error);
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static IMediator MediatorOf(HttpContext context) => context.RequestServices.GetRequiredService<IMediator>();

    private static Task WriteAsync<T>(HttpContext context, T data, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return JsonSerializer.SerializeAsync(context.Response.Body, data, type, context.RequestAborted);
    }

    private sealed record Given(ClaudeCredential Credential, bool IsRemembered, string? Session);
}
