using Claudy.Application.Audit;
using Claudy.Application.Authentication;
using Claudy.Application.Authentication.Ports;

namespace Claudy.WebApi.Http;

/// <summary>Lets in requests with an access token in their <c>Authorization</c> header, and tells whose it is.</summary>
internal sealed class BearerAuthentication(ITokenIssuer tokens)
{
    private const string Scheme = "Bearer ";

    /// <summary>Handles requests of signed-in users; others get a problem with 401.</summary>
    public RequestDelegate Require(Func<HttpContext, Identity, Task> handle) => async context =>
    {
        var identity = TokenOf(context.Request) is { } token ? await tokens.ValidateAsync(token) : AuthErrors.NotSignedIn();
        if (identity.IsSuccess)
        {
            context.Origin().SignIn(identity.Value);
            await handle(context, identity.Value);
            return;
        }

        if (identity.Error.Code != AuthErrors.NotSignedIn().Code)
        {
            context.NoteRefused(AuditActions.TokenRefused, identity.Error);
        }

        context.Response.Headers.WWWAuthenticate = "Bearer";
        await Problems.WriteAsync(context, identity.Error);
    };

    /// <summary>The token that a request brings; null when it brings none.</summary>
    public static string? TokenOf(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header[Scheme.Length..].Trim()
            : null;
}
