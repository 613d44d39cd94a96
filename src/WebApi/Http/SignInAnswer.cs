using System.Text.Json;
using Claudy.Application.Authentication;
using Claudy.Domain.Users;

namespace Claudy.WebApi.Http;

/// <summary>What a sign-in answers, whichever way somebody proved who they are.</summary>
internal static class SignInAnswer
{
    /// <summary>Gives the token, in the body and nowhere else.</summary>
    public static Task WriteAsync(HttpContext context, SignedIn signedIn)
    {
        var (token, user) = signedIn;
        var now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var response = new SignInResponse
        {
            AccessToken = token.Value.Reveal(),
            TokenType = "Bearer",
            ExpiresIn = (long)(token.ExpiresAt - now).TotalSeconds,
            User = new SignedInUser(user.Id.ToString(), user.Username, user.Role.ToName()),
        };
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, response, HttpJson.Default.SignInResponse, context.RequestAborted);
    }
}
