using System.Globalization;

namespace Claudy.WebApi.Hosting;

/// <summary>Environment variables that users of Claude Code and of the prototype already have, as Claudy's own settings.</summary>
internal static class PlainNames
{
    private static readonly (string Name, string Key)[] Known =
    [
        ("CLAUDY_DATA", "Claudy:Data"),
        ("ANTHROPIC_API_KEY", "Claudy:Claude:ApiKey"),
        ("ANTHROPIC_AUTH_TOKEN", "Claudy:Claude:AuthToken"),
        ("CLAUDE_API_BASE_URL", "Claudy:Claude:BaseUrl"),
        ("CLAUDE_CODE_PATH", "Claudy:Claude:CodePath"),
        ("WORKSPACE_BASE_PATH", "Claudy:Workspaces:BasePath"),
        ("GITHUB_CLIENT_ID", "Claudy:GitHub:ClientId"),
        ("GITHUB_CLIENT_SECRET", "Claudy:GitHub:ClientSecret"),
        ("JWT_PRIVATE_KEY_PATH", "Claudy:Auth:PrivateKeyPath"),
        ("JWT_PRIVATE_KEY_PASSPHRASE", "Claudy:Auth:PrivateKeyPassphrase"),
        ("JWT_PUBLIC_KEY_PATH", "Claudy:Auth:PublicKeyPath"),
        ("ENCRYPTION_KEY", "Claudy:Encryption:Key"),
    ];

    /// <summary>Adds them and the default data folder below everything else, so that any other source wins.</summary>
    public static void AddPlainNames(this IConfigurationBuilder configuration)
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal) { ["Claudy:Data"] = DefaultDataFolder() };
        foreach (var (name, key) in Known)
        {
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
            {
                settings[key] = value;
            }
        }

        if (Environment.GetEnvironmentVariable("PORT") is { Length: > 0 } port)
        {
            settings["urls"] = AddressOf(port);
        }

        configuration.Sources.Insert(0, new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource { InitialData = settings });
    }

    /// <summary>Where to listen, given the value of <c>PORT</c>.</summary>
    /// <exception cref="StartupException">That is no port.</exception>
    internal static string AddressOf(string port) =>
        ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? $"http://127.0.0.1:{number}"
            : throw new StartupException($"PORT is '{port}', which is no port: give a number from 0 to 65535, or leave it out.");

    private static string DefaultDataFolder()
    {
        var state = Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } given && Path.IsPathFullyQualified(given)
            ? given
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
        return Path.Combine(state, "claudy");
    }
}
