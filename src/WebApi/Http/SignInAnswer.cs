using Claudy.Application.Authentication;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.WebApi.Edge;

namespace Claudy.WebApi.Http;

/// <summary>What every way to sign in, and refreshing, answers.</summary>
internal static class SignInAnswer
{
    /// <summary>Answers with the tokens, or with why there are none.</summary>
    public static Task WriteAsync(HttpContext context, Result<SignedIn> result)
    {
        if (!result.IsSuccess)
        {
            return Problems.WriteAsync(context, result.Error);
        }

        var signedIn = result.Value;
        context.RequestServices.GetRequiredService<SessionCookie>().Write(context, signedIn.Token);
        var now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var response = new SignInResponse
        {
            AccessToken = signedIn.Token.Value.Reveal(),
            TokenType = "Bearer",
            ExpiresIn = SecondsUntil(signedIn.Token.ExpiresAt, now),
            RefreshToken = signedIn.Refresh?.Value.Reveal(),
            RefreshExpiresIn = signedIn.Refresh is { } refresh ? SecondsUntil(refresh.ExpiresAt, now) : null,
            User = new SignedInUser(signedIn.User.Id.ToString(), signedIn.User.Username, signedIn.User.Role.ToName()),
        };
        return JsonBody.WriteAsync(context, response, HttpJson.Default.SignInResponse);
    }

    private static long SecondsUntil(DateTimeOffset moment, DateTimeOffset now) => (long)(moment - now).TotalSeconds;
}
