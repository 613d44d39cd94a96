using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Claudy.Integration.Tests.GitHub;

/// <summary>
/// A GitHub Enterprise host on loopback: the web application flow of OAuth apps and the API that Claudy reads, with the answers
/// that docs.github.com describes ("Authorizing OAuth apps", "Troubleshooting OAuth app access token request errors", REST API).
/// </summary>
internal sealed class StandInGitHub : IAsyncDisposable
{
    public const string ClientId = "stand-in-app";

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Grant> _codes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Grant> _tokens = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _requests = new();

    private StandInGitHub(WebApplication app) => _app = app;

    public Uri Address { get; private set; } = null!;

    public string ClientSecret { get; } = $"made-up-{Guid.NewGuid():N}";

    /// <summary>Who sits at the browser.</summary>
    public StandInAccount Visitor { get; set; } = new(1, "nobody");

    /// <summary>Whether the visitor says no.</summary>
    public bool VisitorDenies { get; set; }

    /// <summary>The callback URL as registered; null for any.</summary>
    public Uri? RegisteredCallback { get; set; }

    /// <summary>Whether tokens come as forms although JSON was asked for.</summary>
    public bool AnswersInForms { get; set; }

    /// <summary>Scopes that visitors took away again.</summary>
    public HashSet<string> WithheldScopes { get; } = [];

    /// <summary>Organisations that have not approved the application.</summary>
    public HashSet<string> RestrictedOrganizations { get; } = [];

    /// <summary>Answers in the stand-in's place; false leaves the request to it.</summary>
    public Func<HttpContext, Task<bool>> Interfere { get; set; } = _ => Task.FromResult(false);

    /// <summary>Paths that were asked for, in order.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    public static async Task<StandInGitHub> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var gitHub = new StandInGitHub(app);
        app.Use(gitHub.WatchAsync);
        app.MapGet("/login/oauth/authorize", gitHub.AuthorizeAsync);
        app.MapPost("/login/oauth/access_token", gitHub.ExchangeAsync);
        app.MapGet("/api/v3/user", context => gitHub.ApiAsync(context, null, gitHub.UserAsync));
        app.MapGet("/api/v3/user/emails", context => gitHub.ApiAsync(context, "user:email", EmailsAsync));
        app.MapGet("/api/v3/user/memberships/orgs/{org}", context => gitHub.ApiAsync(context, "read:org", gitHub.MembershipAsync));
        await app.StartAsync();
        gitHub.Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return gitHub;
    }

    /// <summary>Takes all permissions back.</summary>
    public void RevokeTokens() => _tokens.Clear();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task WatchAsync(HttpContext context, RequestDelegate next)
    {
        _requests.Enqueue(context.Request.Path);
        if (!await Interfere(context))
        {
            await next(context);
        }
    }

    private Task AuthorizeAsync(HttpContext context)
    {
        var query = context.Request.Query;
        if (query["client_id"] != ClientId)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        var callback = query["redirect_uri"].ToString();
        if (RegisteredCallback is { } registered && callback != registered.AbsoluteUri)
        {
            return GoBack(context, registered.AbsoluteUri, "redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application.");
        }

        if (VisitorDenies)
        {
            return GoBack(context, callback, "access_denied", "The user has denied your application access.");
        }

        var code = NewSecret();
        var scopes = query["scope"].ToString().Split(' ').Except(WithheldScopes).ToArray();
        _codes[code] = new Grant(Visitor, scopes, callback, query["code_challenge_method"] == "S256" ? query["code_challenge"] : (string?)null);
        context.Response.Redirect(QueryHelpers.AddQueryString(callback, new Dictionary<string, string?> { ["code"] = code, ["state"] = query["state"] }));
        return Task.CompletedTask;
    }

    private static Task GoBack(HttpContext context, string callback, string error, string description)
    {
        context.Response.Redirect(QueryHelpers.AddQueryString(callback, new Dictionary<string, string?>
        {
            ["error"] = error,
            ["error_description"] = description,
            ["error_uri"] = "https://docs.github.com/",
            ["state"] = context.Request.Query["state"],
        }));
        return Task.CompletedTask;
    }

    // Errors come with status 200, too.
    private async Task ExchangeAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        if (form["client_id"] != ClientId || form["client_secret"] != ClientSecret)
        {
            await TellAsync(context, ("error", "incorrect_client_credentials"), ("error_description", "The client_id and/or client_secret passed are incorrect."));
        }
        else if (!_codes.TryRemove(form["code"].ToString(), out var grant) || grant.Challenge != ChallengeOf(form["code_verifier"].ToString()))
        {
            await TellAsync(context, ("error", "bad_verification_code"), ("error_description", "The code passed is incorrect or expired."));
        }
        else if (grant.Callback != form["redirect_uri"])
        {
            await TellAsync(context, ("error", "redirect_uri_mismatch"), ("error_description", "The redirect_uri MUST match the registered callback URL for this application."));
        }
        else if (grant.Account.Emails.Exists(email => email is { Primary: true, Verified: false }))
        {
            await TellAsync(context, ("error", "unverified_user_email"), ("error_description", "The user must have a verified primary email."));
        }
        else
        {
            var token = NewSecret();
            _tokens[token] = grant;
            await TellAsync(context, ("access_token", token), ("scope", string.Join(',', grant.Scopes)), ("token_type", "bearer"));
        }
    }

    private Task TellAsync(HttpContext context, params (string Key, string Value)[] fields)
    {
        if (!AnswersInForms && context.Request.Headers.Accept.ToString().Contains("application/json", StringComparison.Ordinal))
        {
            return context.Response.WriteAsJsonAsync(fields.ToDictionary(field => field.Key, field => field.Value), context.RequestAborted);
        }

        context.Response.ContentType = "application/x-www-form-urlencoded; charset=utf-8";
        return context.Response.WriteAsync(string.Join('&', fields.Select(field => $"{field.Key}={Uri.EscapeDataString(field.Value)}")), context.RequestAborted);
    }

    private Task ApiAsync(HttpContext context, string? scope, Func<HttpContext, Grant, Task> answer)
    {
        var headers = context.Request.Headers;
        if (string.IsNullOrEmpty(headers.UserAgent))
        {
            return MessageAsync(context, 403, "Request forbidden by administrative rules.");
        }

        if (headers.Authorization.ToString() is not { } header || !header.StartsWith("Bearer ", StringComparison.Ordinal) || !_tokens.TryGetValue(header[7..], out var grant))
        {
            return MessageAsync(context, 401, "Bad credentials");
        }

        return scope switch
        {
            null => answer(context, grant),
            _ when grant.Scopes.Contains(scope) => answer(context, grant),
            "read:org" => MessageAsync(context, 403, "You need at least read:org scope or user scope to list your organizations."),
            _ => MessageAsync(context, 404, "Not Found"),
        };
    }

    private Task UserAsync(HttpContext context, Grant grant) => JsonAsync(context, new
    {
        login = grant.Account.Login,
        id = grant.Account.Id,
        avatar_url = new Uri(Address, $"avatars/{grant.Account.Id}").AbsoluteUri,
        type = "User",
        name = grant.Account.Name,
        email = (string?)null,
    });

    private static Task EmailsAsync(HttpContext context, Grant grant) => JsonAsync(
        context, grant.Account.Emails.Select(entry => new { email = entry.Email, primary = entry.Primary, verified = entry.Verified, visibility = (string?)null }));

    private Task MembershipAsync(HttpContext context, Grant grant)
    {
        var organization = (string)context.GetRouteValue("org")!;
        if (RestrictedOrganizations.Contains(organization))
        {
            return MessageAsync(context, 403, $"Although you appear to have the correct authorization credentials, the `{organization}` organization has enabled OAuth App access restrictions.");
        }

        return grant.Account.Memberships.TryGetValue(organization, out var state)
            ? JsonAsync(context, new { state, role = "member", organization = new { login = organization } })
            : MessageAsync(context, 404, "Not Found");
    }

    private static Task MessageAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return JsonAsync(context, new { message, documentation_url = "https://docs.github.com/rest", status = $"{status}" });
    }

    private static Task JsonAsync<T>(HttpContext context, T value) => context.Response.WriteAsJsonAsync(value, context.RequestAborted);

    private static string NewSecret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));

    private static string ChallengeOf(string verifier) => WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));

    private sealed record Grant(StandInAccount Account, string[] Scopes, string Callback, string? Challenge);
}
