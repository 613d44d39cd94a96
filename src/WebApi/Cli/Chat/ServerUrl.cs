using System.Globalization;

namespace Claudy.WebApi.Cli.Chat;

/// <summary>Reads a server's address as people write it.</summary>
internal static class ServerUrl
{
    /// <summary>Where a server listens by default, given the value of <c>PORT</c>.</summary>
    public static string DefaultFor(string? port) => $"http://127.0.0.1:{(ushort.TryParse(port, CultureInfo.InvariantCulture, out var number) ? number : 8080)}";

    /// <summary>Where a server listens by default here.</summary>
    public static string Default => DefaultFor(Environment.GetEnvironmentVariable("PORT"));

    /// <summary>The WebSocket's address for <c>ws://host:port/ws</c>, <c>http://host:port</c> or <c>https://host</c>; null when it is none of these.</summary>
    public static Uri? Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url))
        {
            return null;
        }

        var scheme = url.Scheme switch
        {
            "ws" or "http" => "ws",
            "wss" or "https" => "wss",
            _ => null,
        };
        if (scheme is null)
        {
            return null;
        }

        var path = url.AbsolutePath == "/" ? "/ws" : url.AbsolutePath;
        return new UriBuilder(url) { Scheme = scheme, Port = url.Port, Path = path }.Uri;
    }
}
