using Microsoft.AspNetCore.Routing;

namespace Claudy.Integration.Tests.CrossTenant;

/// <summary>A route that shows or changes what a user has.</summary>
/// <param name="Method">GET, POST …</param>
/// <param name="Name">The route with its method.</param>
/// <param name="Path">Its address, with ids of a tenant.</param>
internal sealed record RouteCase(string Method, string Name, Func<TenantIds, string> Path);

/// <summary>Makes the cases of every route of the built server; one that is new makes the test fail until a line here says what it names.</summary>
internal static class RouteCases
{
    /// <summary>What a parameter of a route names, by the route up to it.</summary>
    private static readonly Dictionary<string, Func<TenantIds, string>> Parameters = new(StringComparer.Ordinal)
    {
        ["/api/session/{id}"] = ids => ids.Session,
    };

    /// <summary>What queries may name, by the whole route.</summary>
    private static readonly Dictionary<string, Func<TenantIds, string>> Queries = new(StringComparer.Ordinal)
    {
        ["/api/session"] = ids => $"?cursor={Uri.EscapeDataString(ids.ListCursor)}&query={ids.Word}",
    };

    /// <summary>Routes that are for everybody and show nothing of anybody.</summary>
    private static readonly string[] Public =
    [
        "/ws", "/health", "/health/live", "/health/ready", "/signin", "/signin.css", "/signin.js", "/auth/local", "{*path}",
    ];

    /// <summary>What is not known of the routes, each as a sentence that says what to add.</summary>
    public static IReadOnlyList<string> Missing(IEnumerable<RouteEndpoint> routes) =>
    [
        .. Private(routes).SelectMany(route => route.RoutePattern.Parameters
            .Where(parameter => !Parameters.ContainsKey(UpTo(route, parameter.Name)))
            .Select(parameter => $"The parameter {parameter.Name} of {TextOf(route)} is not known: add \"{UpTo(route, parameter.Name)}\" to RouteCases.Parameters with what it names; if the route is for everybody, add it to RouteCases.Public.")),
    ];

    /// <summary>All cases.</summary>
    public static IReadOnlyList<RouteCase> All(IEnumerable<RouteEndpoint> routes) =>
    [
        .. Private(routes).SelectMany(route => (route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            .Select(method => new RouteCase(method, $"{method} {TextOf(route)}", ids => PathOf(route, ids)))),
    ];

    private static IEnumerable<RouteEndpoint> Private(IEnumerable<RouteEndpoint> routes) => routes.Where(route => !Public.Contains(TextOf(route), StringComparer.Ordinal));

    private static string PathOf(RouteEndpoint route, TenantIds ids)
    {
        var path = TextOf(route);
        foreach (var parameter in route.RoutePattern.Parameters)
        {
            path = path.Replace($"{{{parameter.Name}}}", Uri.EscapeDataString(Parameters[UpTo(route, parameter.Name)](ids)), StringComparison.Ordinal);
        }

        return path + (Queries.TryGetValue(TextOf(route), out var query) ? query(ids) : "");
    }

    private static string UpTo(RouteEndpoint route, string parameter)
    {
        var text = TextOf(route);
        var end = $"{{{parameter}}}";
        return text[..(text.IndexOf(end, StringComparison.Ordinal) + end.Length)];
    }

    private static string TextOf(RouteEndpoint route) => route.RoutePattern.RawText ?? "";
}
