using System.Text.Json;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Users;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.WebApi.Http;

/// <summary>Tells users what is known of them.</summary>
internal static class ProfileEndpoint
{
    /// <summary>Maps it.</summary>
    public static void MapProfile(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/user/profile", routes.ServiceProvider.GetRequiredService<BearerAuthentication>().Require(GetAsync));

    private static async Task GetAsync(HttpContext context, Identity identity)
    {
        var found = await context.RequestServices.GetRequiredService<IMediator>().Send(new GetProfile(identity.UserId), context.RequestAborted);
        if (!found.IsSuccess)
        {
            await Problems.WriteAsync(context, found.Error);
            return;
        }

        var user = found.Value;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await JsonSerializer.SerializeAsync(
            context.Response.Body,
            new ProfileData(
                user.Id.ToString(), user.Username, user.Role.ToName(), user.Identity?.Issuer,
                user.Profile.DisplayName, user.Profile.Email, user.Profile.AvatarUrl, user.CreatedAt),
            HttpJson.Default.ProfileData,
            context.RequestAborted);
    }
}
