namespace Claudy.WebApi.Cli.Chat;

/// <summary>Reads a server's address as people write it.</summary>
internal static class ServerUrl
{
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
