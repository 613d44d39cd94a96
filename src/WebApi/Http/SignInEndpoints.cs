using System.Text.Json;
using Claudy.Application.Audit;
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
    public static void MapSignIn(this IEndpointRouteBuilder routes)
    {
        // Looking at the page does not use the code up: browsers and chat programs fetch links ahead.
        routes.MapGet("/signin", Page("signin.html", "text/html; charset=utf-8"));
        routes.MapGet("/signin.css", Page("signin.css", "text/css; charset=utf-8"));
        routes.MapGet("/signin.js", Page("signin.js", "text/javascript; charset=utf-8"));
        routes.MapPost("/auth/local", SignInAsync);
    }

    private static RequestDelegate Page(string name, string contentType)
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
        SignInRequest? request = null;
        try
        {
            if (context.Request.HasJsonContentType())
            {
                request = await JsonSerializer.DeserializeAsync(context.Request.Body, HttpJson.Default.SignInRequest, context.RequestAborted);
            }
        }
        catch (JsonException)
        {
            // The same answer as for no body at all.
        }

        if (request?.Code is null)
        {
            await Problems.WriteAsync(context, RequestErrors.InvalidField("code", "The body must be a JSON object with the code: {\"code\": \"…\"}."));
            return;
        }

        context.Origin().Credential = AuditCredential.SignInCode;
        var mediator = context.RequestServices.GetRequiredService<IMediator>();
        var signedIn = await mediator.Send(new SignInLocally(request.Code), context.RequestAborted);
        if (!signedIn.IsSuccess)
        {
            await Problems.WriteAsync(context, signedIn.Error);
            return;
        }

        var (token, user) = signedIn.Value;
        var now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var response = new SignInResponse
        {
            AccessToken = token.Value.Reveal(),
            TokenType = "Bearer",
            ExpiresIn = (long)(token.ExpiresAt - now).TotalSeconds,
            User = new SignedInUser(user.Id.ToString(), user.Username),
        };
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(context.Response.Body, response, HttpJson.Default.SignInResponse, context.RequestAborted);
    }
}
