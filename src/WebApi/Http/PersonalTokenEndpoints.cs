using Claudy.Application.Authentication;
using Claudy.Application.Authentication.PersonalTokens;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.WebApi.Http;

/// <summary>A user's personal access tokens. They need a sign-in: a script's token that was stolen must not make others.</summary>
internal static class PersonalTokenEndpoints
{
    /// <summary>Maps them.</summary>
    public static void MapPersonalTokens(this IEndpointRouteBuilder routes)
    {
        var bearer = routes.ServiceProvider.GetRequiredService<BearerAuthentication>();
        routes.MapPost("/api/user/tokens", bearer.RequireSignIn(CreateAsync));
        routes.MapGet("/api/user/tokens", bearer.RequireSignIn(ListAsync));
        routes.MapDelete("/api/user/tokens/{id}", bearer.RequireSignIn(RevokeAsync));
    }

    private static async Task CreateAsync(HttpContext context, Identity user, SignInId signIn)
    {
        if (await JsonBody.ReadAsync(context, TokenJson.Default.PersonalTokenRequest) is not { } request)
        {
            await Problems.WriteAsync(context, RequestErrors.InvalidField("name", "The body must be a JSON object with the token's name: {\"name\": \"…\", \"expires_in_days\": 30}."));
            return;
        }

        var created = await MediatorOf(context).Send(new CreatePersonalToken(user.UserId, signIn, request.Name, request.ExpiresInDays), context.RequestAborted);
        if (!created.IsSuccess)
        {
            await Problems.WriteAsync(context, created.Error);
            return;
        }

        var (text, token) = created.Value;
        context.Response.StatusCode = StatusCodes.Status201Created;
        var data = new CreatedPersonalTokenData
        {
            Token = text.Reveal(),
            Id = token.Id.ToString(),
            Name = token.Name,
            CreatedAt = token.CreatedAt,
            ExpiresAt = token.ExpiresAt,
        };
        await JsonBody.WriteAsync(context, data, TokenJson.Default.CreatedPersonalTokenData);
    }

    private static async Task ListAsync(HttpContext context, Identity user, SignInId signIn)
    {
        var tokens = await MediatorOf(context).Send(new ListPersonalTokens(user.UserId), context.RequestAborted);
        await (tokens.IsSuccess
            ? JsonBody.WriteAsync(context, new PersonalTokenListData([.. tokens.Value.Select(DataOf)]), TokenJson.Default.PersonalTokenListData)
            : Problems.WriteAsync(context, tokens.Error));
    }

    private static async Task RevokeAsync(HttpContext context, Identity user, SignInId signIn)
    {
        var revoked = Guid.TryParseExact(context.GetRouteValue("id") as string, "D", out var id)
            ? await MediatorOf(context).Send(new RevokePersonalToken(user.UserId, new PersonalTokenId(id)), context.RequestAborted)
            : AuthErrors.PersonalTokenNotFound();
        if (revoked.IsSuccess)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        else
        {
            await Problems.WriteAsync(context, revoked.Error);
        }
    }

    private static PersonalTokenData DataOf(PersonalToken token) => new()
    {
        Id = token.Id.ToString(),
        Name = token.Name,
        CreatedAt = token.CreatedAt,
        ExpiresAt = token.ExpiresAt,
        LastUsedAt = token.LastUsedAt,
    };

    private static IMediator MediatorOf(HttpContext context) => context.RequestServices.GetRequiredService<IMediator>();
}
