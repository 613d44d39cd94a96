using Microsoft.AspNetCore.Routing;

namespace Claudy.Integration.Tests.CrossTenant;

/// <summary>A route that shows or changes what a user has.</summary>
/// <param name="Method">GET, POST …</param>
/// <param name="Name">The route with its method.</param>
/// <param name="Path">Its address, with ids of a tenant.</param>
/// <param name="Body">What is sent to it, with ids of a tenant; null for nothing.</param>
internal sealed record RouteCase(string Method, string Name, Func<TenantIds, string> Path, Func<TenantIds, object>? Body);

/// <summary>Makes the cases of every route of the built server; one that is new makes the test fail until a line here says what it names.</summary>
internal static class RouteCases
{
    /// <summary>What a parameter of a route names, by the route up to it.</summary>
    private static readonly Dictionary<string, Func<TenantIds, string>> Parameters = new(StringComparer.Ordinal)
    {
        ["/api/session/{id}"] = ids => ids.Session,
        ["/api/user/tokens/{id}"] = ids => ids.PersonalToken,
        ["/api/session/{id}/files/{path}"] = ids => ids.File,
    };

    /// <summary>What queries may name, by the whole route.</summary>
    private static readonly Dictionary<string, Func<TenantIds, string>> Queries = new(StringComparer.Ordinal)
    {
        ["/api/usage/requests"] = ids => $"?session_id={ids.Session}",
        ["/api/session"] = ids => $"?cursor={Uri.EscapeDataString(ids.ListCursor)}&query={ids.Word}",
        ["/api/session/token"] = ids => $"?session_id={ids.Session}",
        ["/api/workspace/files"] = ids => $"?session_id={ids.Session}&path={ids.Folder}&cursor={ids.FileCursor}",
        ["/api/usage"] = ids => $"?session_id={ids.Session}",
    };

    /// <summary>What routes take, by the whole route with its method.</summary>
    private static readonly Dictionary<string, Func<TenantIds, object>> Bodies = new(StringComparer.Ordinal)
    {
        ["POST /api/session"] = _ => new { name = "a script's" },
        ["POST /api/user/tokens"] = _ => new { name = "a script's" },
        ["POST /api/claude/token/validate"] = _ => new { claude_token = "made-up" },
        ["PUT /api/user/claude-token"] = _ => new { claude_token = "made-up" },
        ["PUT /api/session/token"] = ids => new { claude_token = "made-up", session_id = ids.Session },
    };

    /// <summary>Routes whose query, and whose body, name nothing of a user's.</summary>
    private static readonly string[] NamesNothing =
    [
        "GET /api/user/profile", "GET /api/user/tokens", "DELETE /api/user/tokens/{id}", "GET /api/session/{id}",
        "DELETE /api/session/{id}", "GET /api/session/{id}/export", "GET /api/user/claude-token", "DELETE /api/user/claude-token",
        "GET /api/session/{id}/files/{path}", "HEAD /api/session/{id}/files/{path}", "PUT /api/session/{id}/files/{path}", "DELETE /api/session/{id}/files/{path}",
    ];

    /// <summary>Routes that are for everybody and show nothing of anybody.</summary>
    private static readonly string[] Public =
    [
        "/ws", "/health", "/health/live", "/health/ready", "/signin", "/signin.css", "/signin.js", "/signed-in.js", "/auth/local", "/auth/sign-out",
        "/auth/refresh", "/auth/revoke", "/.well-known/jwks.json", "{*path}",
    ];

    /// <summary>What is not known of the routes, each as a sentence that says what to add.</summary>
    public static IReadOnlyList<string> Missing(IEnumerable<RouteEndpoint> routes) =>
    [
        .. Private(routes).SelectMany(route => route.RoutePattern.Parameters
            .Where(parameter => !Parameters.ContainsKey(UpTo(route, parameter.Name)))
            .Select(parameter => $"The parameter {parameter.Name} of {TextOf(route)} is not known: add \"{UpTo(route, parameter.Name)}\" to RouteCases.Parameters with what it names; if the route is for everybody, add it to RouteCases.Public.")),
        .. Private(routes).SelectMany(NamesOf)
            .Where(name => !Bodies.ContainsKey(name) && !Queries.ContainsKey(name.Split(' ')[1]) && !NamesNothing.Contains(name, StringComparer.Ordinal))
            .Select(name => $"What {name} takes is not known: add its query to RouteCases.Queries or its body to RouteCases.Bodies, or itself to RouteCases.NamesNothing."),
    ];

    /// <summary>All cases.</summary>
    public static IReadOnlyList<RouteCase> All(IEnumerable<RouteEndpoint> routes) =>
    [
        .. Private(routes).SelectMany(route => NamesOf(route)
            .Select(name => new RouteCase(name.Split(' ')[0], name, ids => PathOf(route, ids), Bodies.GetValueOrDefault(name)))),
    ];

    private static IEnumerable<string> NamesOf(RouteEndpoint route) =>
        (route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(method => $"{method} {TextOf(route)}");

    private static IEnumerable<RouteEndpoint> Private(IEnumerable<RouteEndpoint> routes) => routes.Where(route => !Public.Contains(TextOf(route), StringComparer.Ordinal));

    private static string PathOf(RouteEndpoint route, TenantIds ids)
    {
        var path = TextOf(route);
        foreach (var parameter in route.RoutePattern.Parameters)
        {
            path = path.Replace($"{{{parameter.Name}}}", Escaped(Parameters[UpTo(route, parameter.Name)](ids)), StringComparison.Ordinal);
        }

        return path + (Queries.TryGetValue(TextOf(route), out var query) ? query(ids) : "");
    }

    private static string UpTo(RouteEndpoint route, string parameter)
    {
        var text = TextOf(route);
        var end = $"{{{parameter}}}";
        return text[..(text.IndexOf(end, StringComparison.Ordinal) + end.Length)];
    }

    // A parameter for the rest of an address is named like any other.
    private static string TextOf(RouteEndpoint route) => (route.RoutePattern.RawText ?? "").Replace("{**", "{", StringComparison.Ordinal);

    private static string Escaped(string value) => string.Join('/', value.Split('/').Select(Uri.EscapeDataString));
}
