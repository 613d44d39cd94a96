using System.Text.Encodings.Web;
using System.Text.Json;
using Claudy.Application.Authentication.GitHub;
using Claudy.Application.Messaging;
using Claudy.WebApi.Edge;
using MediatR;
using Microsoft.Extensions.Options;

namespace Claudy.WebApi.Http;

/// <summary>Signing in with GitHub: browsers are sent there and come back to a page; programs get the address to open.</summary>
internal static class GitHubEndpoints
{
    /// <summary>Where it begins.</summary>
    public const string Path = "/auth/github";

    private const string CallbackPath = Path + "/callback";

    // Of a state, enough to tell the sign-ins of several tabs apart.
    private const int CookieSuffixLength = 18;

    // People copy the address: an ampersand stays one.
    private static readonly HttpJson Copyable = new(
        new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Maps them.</summary>
    public static void MapGitHub(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(Path, context => BeginAsync(context, inBrowser: !WantsJson(context.Request)));
        routes.MapPost(Path, context => BeginAsync(context, inBrowser: false));

        // Looking at the page changes nothing, here as at /signin: its script goes on with the sign-in.
        routes.MapGet(CallbackPath, SignInEndpoints.Page("github.html", "text/html; charset=utf-8"));
        routes.MapGet("/github.js", SignInEndpoints.Page("github.js", "text/javascript; charset=utf-8"));
        routes.MapPost(CallbackPath, CompleteAsync);
    }

    private static async Task BeginAsync(HttpContext context, bool inBrowser)
    {
        var redirectUri = CallbackOf(context);
        var begun = await MediatorOf(context).Send(new BeginGitHubSignIn(redirectUri, inBrowser), context.RequestAborted);
        if (!begun.IsSuccess)
        {
            await Problems.WriteAsync(context, begun.Error);
            return;
        }

        var (authorizeUrl, state, binding, lifetime) = begun.Value;
        context.Response.Headers.CacheControl = "no-store";
        if (binding is not null)
        {
            context.Response.Cookies.Append(CookieOf(state), binding.Reveal(), CookieFor(context, lifetime));
            context.Response.Redirect(authorizeUrl.AbsoluteUri);
            return;
        }

        context.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(
            context.Response.Body,
            new GitHubBeginResponse { AuthorizeUrl = authorizeUrl, State = state, ExpiresIn = (long)lifetime.TotalSeconds },
            Copyable.GitHubBeginResponse,
            context.RequestAborted);
    }

    private static async Task CompleteAsync(HttpContext context)
    {
        if (await ReadAsync(context) is not { State: { Length: > 0 } state } request || (request.Code is null && request.Error is null))
        {
            await Problems.WriteAsync(
                context, RequestErrors.InvalidField("code", "The body must be a JSON object with what GitHub gave: {\"code\": \"…\", \"state\": \"…\"}."));
            return;
        }

        var cookie = CookieOf(state);
        var binding = context.Request.Cookies[cookie];
        if (binding is not null)
        {
            context.Response.Cookies.Delete(cookie, CookieFor(context, lifetime: null));
        }

        var signedIn = await context.RequestServices.GetRequiredService<CredentialChecks>().CheckUnguessableAsync(
            ClientAddress.Of(context),
            CredentialKind.GitHubCode,
            () => MediatorOf(context).Send(new CompleteGitHubSignIn(state, request.Code, request.Error, binding), context.RequestAborted));
        await SignInAnswer.WriteAsync(context, signedIn);
    }

    private static async Task<GitHubCallbackRequest?> ReadAsync(HttpContext context)
    {
        try
        {
            return context.Request.HasJsonContentType()
                ? await JsonSerializer.DeserializeAsync(context.Request.Body, HttpJson.Default.GitHubCallbackRequest, context.RequestAborted)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool WantsJson(HttpRequest request) =>
        request.GetTypedHeaders().Accept is { Count: > 0 } accepted
        && accepted.Any(type => type.MediaType == "application/json")
        && !accepted.Any(type => type.MediaType == "text/html");

    // The host was checked against the list of those that the server answers to.
    private static Uri CallbackOf(HttpContext context) =>
        context.RequestServices.GetRequiredService<IOptions<GitHubCallbackOptions>>().Value.CallbackUrl
        ?? new Uri($"{context.Request.Scheme}://{context.Request.Host}{CallbackPath}");

    private static string CookieOf(string state) => $"claudy-github-{(state.Length > CookieSuffixLength ? state[..CookieSuffixLength] : state)}";

    // Lax: the way back from GitHub is a link from another site.
    private static CookieOptions CookieFor(HttpContext context, TimeSpan? lifetime) => new CookieBuilder
    {
        Path = Path,
        HttpOnly = true,
        SameSite = SameSiteMode.Lax,
        SecurePolicy = CallbackOf(context).Scheme == Uri.UriSchemeHttps ? CookieSecurePolicy.Always : CookieSecurePolicy.SameAsRequest,
        MaxAge = lifetime,
        IsEssential = true,
    }.Build(context);

    private static IMediator MediatorOf(HttpContext context) => context.RequestServices.GetRequiredService<IMediator>();
}
