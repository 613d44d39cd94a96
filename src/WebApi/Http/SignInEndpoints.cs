using Claudy.Application.Authentication;
using Claudy.Application.Messaging;
using MediatR;

namespace Claudy.WebApi.Http;

/// <summary>Signing in where there is one user: the page behind the printed link, and the exchange of its code for a token.</summary>
internal static class SignInEndpoints
{
    // Everything comes from files of our own: no inline script, no other origin, no frame around it.
    private const string PagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Maps them.</summary>
    /// <param name="routes">Where.</param>
    /// <param name="isLocal">Whether local mode is on; where it is not, the page leads to GitHub.</param>
    public static void MapSignIn(this IEndpointRouteBuilder routes, bool isLocal)
    {
        routes.MapGet("/signin.css", Page("signin.css", "text/css; charset=utf-8"));
        routes.MapGet("/signed-in.js", Page("signed-in.js", "text/javascript; charset=utf-8"));
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

    private static async Task SignInAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, HttpJson.Default.SignInRequest);
        if (request?.Code is null)
        {
            await Problems.WriteAsync(context, RequestErrors.InvalidField("code", "The body must be a JSON object with the code: {\"code\": \"…\"}."));
            return;
        }

        var mediator = context.RequestServices.GetRequiredService<IMediator>();
        await SignInAnswer.WriteAsync(context, await mediator.Send(new SignInLocally(request.Code), context.RequestAborted));
    }
}
