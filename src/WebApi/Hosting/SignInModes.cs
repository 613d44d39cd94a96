namespace Claudy.WebApi.Hosting;

/// <summary>How people can sign in to this server.</summary>
/// <param name="Local">By the link that the server prints.</param>
/// <param name="GitHub">With GitHub.</param>
internal sealed record SignInModes(bool Local, bool GitHub)
{
    private const string LocalKey = "Claudy:Auth:LocalMode";
    private const string ClientIdKey = "Claudy:GitHub:ClientId";
    private const string AllowAnyoneKey = "Claudy:GitHub:AllowAnyone";

    private static readonly string[] Lists = ["Claudy:GitHub:Admins", "Claudy:GitHub:AllowedLogins", "Claudy:GitHub:AllowedOrganizations"];

    /// <summary>What the settings say: GitHub where it is configured, else local mode; both where local mode is asked for.</summary>
    /// <exception cref="StartupException">Nobody could sign in.</exception>
    public static SignInModes Of(IConfiguration configuration)
    {
        var gitHub = !string.IsNullOrWhiteSpace(configuration[ClientIdKey]);
        var modes = new SignInModes(configuration.GetValue(LocalKey, defaultValue: !gitHub), gitHub);
        if (modes is { Local: false, GitHub: false })
        {
            throw new StartupException($"Nobody could sign in: {LocalKey} is false and there is no {ClientIdKey} (GITHUB_CLIENT_ID). Set one of them.");
        }

        if (gitHub && !configuration.GetValue(AllowAnyoneKey, defaultValue: false) && !Lists.Any(list => configuration.GetSection(list).GetChildren().Any()))
        {
            throw new StartupException(
                $"Nobody could sign in with GitHub: name those who may with {string.Join(", ", Lists)} (such as Claudy__GitHub__Admins__0=your-login), or let everybody in with {AllowAnyoneKey}=true.");
        }

        return modes;
    }
}
