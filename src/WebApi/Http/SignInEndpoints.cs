using Claudy.Application.Audit;
using Claudy.Application.Authentication;
using Claudy.Application.Messaging;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.WebApi.Edge;
using Claudy.WebApi.Hosting;
using MediatR;

namespace Claudy.WebApi.Http;

/// <summary>Signing in where there is one user: the page behind the printed link, and the exchange of its code for a token.</summary>
internal static class SignInEndpoints
{
    // Everything comes from files of our own: no inline script, no other origin, no frame around it.
    private const string PagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly string[] ForwardingHeaders = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host"];

    /// <summary>Maps them.</summary>
    /// <param name="routes">Where.</param>
    /// <param name="isLocal">Whether local mode is on; where it is not, the page leads to GitHub.</param>
    public static void MapSignIn(this IEndpointRouteBuilder routes, bool isLocal)
    {
        routes.MapGet("/signin.css", Page("signin.css", "text/css; charset=utf-8"));
        routes.MapGet("/signed-in.js", Page("signed-in.js", "text/javascript; charset=utf-8"));
        routes.MapPost("/auth/sign-out", SignOutAsync);
        if (!isLocal)
        {
            routes.MapGet("/signin", context =>
            {
                context.Response.Redirect(GitHubEndpoints.Path);
                return Task.CompletedTask;
            });
            return;
        }

        // Looking at the page does not use the code up: browsers and chat programs fetch links ahead.
        routes.MapGet("/signin", Page("signin.html", "text/html; charset=utf-8"));
        routes.MapGet("/signin.js", Page("signin.js", "text/javascript; charset=utf-8"));
        routes.MapPost("/auth/local", SignInAsync);
    }

    /// <summary>Serves a file of the program.</summary>
    internal static RequestDelegate Page(string name, string contentType)
    {
        using var source = typeof(SignInEndpoints).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The program lacks its page {name}.");
        using var copy = new MemoryStream();
        source.CopyTo(copy);
        var page = copy.ToArray();
        return context =>
        {
            context.Response.ContentType = contentType;
            context.Response.Headers.ContentSecurityPolicy = PagePolicy;
            context.Response.Headers.CacheControl = "no-store";
            return context.Response.Body.WriteAsync(page, context.RequestAborted).AsTask();
        };
    }

    // Ends what the browser has; a cookie that ran out goes all the same.
    private static async Task SignOutAsync(HttpContext context)
    {
        if (SessionCookie.TokenOf(context).Error is { } refused)
        {
            await Problems.WriteAsync(context, refused);
            return;
        }

        var services = context.RequestServices;
        if (await services.GetRequiredService<BearerAuthentication>().IdentifyAsync(context) is { IsSuccess: true, Value: { Grant: Grant.SignIn signIn } who }
            && (await services.GetRequiredService<IMediator>().Send(new SignOut(who.UserId, signIn.Id, Everywhere: false), context.RequestAborted)).Error is { } failed)
        {
            await Problems.WriteAsync(context, failed);
            return;
        }

        SessionCookie.Clear(context);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    // A proxy on this machine would make everybody look local; those that say what they are give themselves away.
    private static bool IsLocal(HttpContext context) =>
        ClientAddress.Of(context).IsLoopback && !Array.Exists(ForwardingHeaders, context.Request.Headers.ContainsKey);

    private static async Task SignInAsync(HttpContext context)
    {
        if (!context.RequestServices.GetRequiredService<IConfiguration>().GetValue(ListeningPolicy.AllowRemoteKey, defaultValue: false) && !IsLocal(context))
        {
            context.NoteRefused(AuditActions.EdgeRefused, EdgeErrors.NotLocal());
            await Problems.WriteAsync(context, EdgeErrors.NotLocal());
            return;
        }

        var request = await JsonBody.ReadAsync(context, HttpJson.Default.SignInRequest);
        if (request?.Code is null)
        {
            await Problems.WriteAsync(context, RequestErrors.InvalidField("code", "The body must be a JSON object with the code: {\"code\": \"…\"}."));
            return;
        }

        context.Origin().Credential = AuditCredential.SignInCode;
        var services = context.RequestServices;
        var mediator = services.GetRequiredService<IMediator>();
        var signedIn = await services.GetRequiredService<CredentialChecks>().CheckAsync(
            ClientAddress.Of(context),
            CredentialKind.SignInCode,
            () => mediator.Send(new SignInLocally(request.Code), context.RequestAborted),
            context.RequestAborted);
        if (signedIn.Error is { Status: ResultStatus.LimitExceeded } tooMany)
        {
            // Decided before the use case was asked.
            context.NoteRefused(AuditActions.LimitExceeded, tooMany);
        }

        await SignInAnswer.WriteAsync(context, signedIn);
    }
}
