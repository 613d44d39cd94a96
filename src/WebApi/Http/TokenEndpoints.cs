using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Claudy.Application.Authentication;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Shared;
using Claudy.WebApi.Edge;
using MediatR;
using Microsoft.AspNetCore.Http.Features;

namespace Claudy.WebApi.Http;

/// <summary>Refreshing and ending sign-ins, and the keys that verify access tokens.</summary>
internal static class TokenEndpoints
{
    // A program that meets an unknown kid asks again at once; this is for those that do not.
    private const string KeysCaching = "public, max-age=300";

    /// <summary>Maps them.</summary>
    public static void MapTokens(this IEndpointRouteBuilder routes)
    {
        var bearer = routes.ServiceProvider.GetRequiredService<BearerAuthentication>();
        routes.MapPost("/auth/refresh", RefreshAsync);
        routes.MapPost("/auth/revoke", context => RevokeAsync(context, bearer));
        routes.MapGet("/.well-known/jwks.json", PublishKeysAsync);
    }

    private static async Task RefreshAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, TokenJson.Default.RefreshTokenRequest);
        if (request?.RefreshToken is not { } token)
        {
            await Problems.WriteAsync(context, RequestErrors.InvalidField("refresh_token", "The body must be a JSON object with the refresh token: {\"refresh_token\": \"…\"}."));
            return;
        }

        await SignInAnswer.WriteAsync(context, await CheckedAsync(context, () => MediatorOf(context).Send(new RefreshSignIn(token), context.RequestAborted)));
    }

    // By the refresh token where there is one: the access token may have run out.
    private static async Task RevokeAsync(HttpContext context, BearerAuthentication bearer)
    {
        var request = await JsonBody.ReadAsync(context, TokenJson.Default.RefreshTokenRequest);
        if (request is null && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true } && context.Request.ContentLength is not 0)
        {
            await Problems.WriteAsync(context, RequestErrors.InvalidField("everywhere", "The body must be a JSON object such as {\"everywhere\": true}, or be left out."));
            return;
        }

        var everywhere = request?.Everywhere ?? false;
        if (request?.RefreshToken is { } token)
        {
            await AnswerAsync(context, (await CheckedAsync(context, () => MediatorOf(context).Send(new SignOutByRefreshToken(token, everywhere), context.RequestAborted))).Error);
            return;
        }

        await bearer.RequireSignIn(async (_, identity, signIn) =>
            await AnswerAsync(context, (await MediatorOf(context).Send(new SignOut(identity.UserId, signIn, everywhere), context.RequestAborted)).Error))(context);
    }

    private static Task AnswerAsync(HttpContext context, Error? error)
    {
        if (error is not null)
        {
            return Problems.WriteAsync(context, error);
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static async Task PublishKeysAsync(HttpContext context)
    {
        var keys = context.RequestServices.GetRequiredService<ISigningKeys>().Published;
        var body = JsonSerializer.SerializeToUtf8Bytes(new KeySetData([.. keys.Select(DataOf)]), TokenJson.Default.KeySetData);
        var tag = $"\"{Base64Url.EncodeToString(SHA256.HashData(body))}\"";
        context.Response.Headers.CacheControl = KeysCaching;
        context.Response.Headers.ETag = tag;
        if (context.Request.Headers.IfNoneMatch.ToString().Split(',', StringSplitOptions.TrimEntries).Contains(tag, StringComparer.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        context.Response.ContentType = "application/jwk-set+json";
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private static KeyData DataOf(PublicSigningKey key) => new(
        "RSA", "sig", "RS256", key.KeyId, Base64Url.EncodeToString(key.Modulus.Span), Base64Url.EncodeToString(key.Exponent.Span));

    private static Task<Result<T>> CheckedAsync<T>(HttpContext context, Func<Task<Result<T>>> check) =>
        context.RequestServices.GetRequiredService<CredentialChecks>().CheckUnguessableAsync(ClientAddress.Of(context), CredentialKind.RefreshToken, check);

    private static IMediator MediatorOf(HttpContext context) => context.RequestServices.GetRequiredService<IMediator>();
}
