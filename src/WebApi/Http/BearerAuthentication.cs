using Claudy.Application.Authentication;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;

namespace Claudy.WebApi.Http;

/// <summary>Lets in requests with an access token, or a personal one, in their <c>Authorization</c> header, and tells whose it is.</summary>
internal sealed class BearerAuthentication(Authenticator authenticator)
{
    private const string Scheme = "Bearer ";

    /// <summary>Handles requests of signed-in users; others get a problem with 401.</summary>
    public RequestDelegate Require(Func<HttpContext, Identity, Task> handle) => async context =>
    {
        var identity = TokenOf(context.Request) is { } token
            ? await authenticator.AuthenticateAsync(token, context.RequestAborted)
            : AuthErrors.NotSignedIn();
        await (identity.IsSuccess ? handle(context, identity.Value) : RefuseAsync(context, identity.Error));
    };

    /// <summary>The same for what only a person may do: a personal access token is refused with 403.</summary>
    public RequestDelegate RequireSignIn(Func<HttpContext, Identity, SignInId, Task> handle) => Require((context, identity) =>
        identity.Grant is Grant.SignIn signIn ? handle(context, identity, signIn.Id) : Problems.WriteAsync(context, AuthErrors.SignInNeeded()));

    /// <summary>The token that a request brings; null when it brings none.</summary>
    public static string? TokenOf(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header[Scheme.Length..].Trim()
            : null;

    private static Task RefuseAsync(HttpContext context, Error error)
    {
        if (error.Status == ResultStatus.Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }

        return Problems.WriteAsync(context, error);
    }
}
