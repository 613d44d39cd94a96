using Claudy.Application.Audit;
using Claudy.Application.Authentication;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.WebApi.Edge;

namespace Claudy.WebApi.Http;

/// <summary>
/// Lets in requests with an access token, or a personal one, in their <c>Authorization</c> header, or with the session cookie,
/// and tells whose they are.
/// </summary>
internal sealed class BearerAuthentication(CredentialChecks checks, RequestRates rates)
{
    private const string Scheme = "Bearer ";

    /// <summary>Handles requests of signed-in users, as often as a user may ask; others get a problem.</summary>
    public RequestDelegate Require(Func<HttpContext, Identity, Task> handle) => async context =>
    {
        var identity = await IdentifyAsync(context) ?? AuthErrors.NotSignedIn();
        if (identity.Error is { } error)
        {
            if (error.Code != AuthErrors.NotSignedIn().Code)
            {
                context.NoteRefused(AuditActions.TokenRefused, error);
            }

            if (error.Status == ResultStatus.Unauthorized)
            {
                context.Response.Headers.WWWAuthenticate = "Bearer";
            }

            await Problems.WriteAsync(context, error);
        }
        else
        {
            context.Origin().SignIn(identity.Value);
            if (await rates.CountAsync(identity.Value.UserId, context.RequestAborted) is { } tooMany)
            {
                context.NoteRefused(AuditActions.LimitExceeded, tooMany, user: identity.Value.UserId);
                await Problems.WriteAsync(context, tooMany);
                return;
            }

            await handle(context, identity.Value);
        }
    };

    /// <summary>The same for what only a person may do: a personal access token is refused with 403.</summary>
    public RequestDelegate RequireSignIn(Func<HttpContext, Identity, SignInId, Task> handle) => Require((context, identity) =>
    {
        if (identity.Grant is Grant.SignIn signIn)
        {
            return handle(context, identity, signIn.Id);
        }

        context.NoteRefused(AuditActions.TokenRefused, AuthErrors.SignInNeeded(), user: identity.UserId);
        return Problems.WriteAsync(context, AuthErrors.SignInNeeded());
    });

    /// <summary>Who sends a request; null when it brings nothing that says so.</summary>
    public async Task<Result<Identity>?> IdentifyAsync(HttpContext context)
    {
        var token = TokenOf(context.Request) is { } bearer ? Result.Success<string?>(bearer) : SessionCookie.TokenOf(context);
        if (!token.IsSuccess)
        {
            return token.Error;
        }

        return token.Value is { } given ? await checks.CheckTokenAsync(ClientAddress.Of(context), given, context.RequestAborted) : null;
    }

    private static string? TokenOf(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header[Scheme.Length..].Trim()
            : null;
}
