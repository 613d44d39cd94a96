using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.GitHub;

/// <summary>The GitHub that people sign in with; section <c>Claudy:GitHub</c>.</summary>
public sealed class GitHubOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Claudy:GitHub";

    /// <summary>The client id of the OAuth app; with one, GitHub takes the place of local mode.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>Its client secret.</summary>
    public string ClientSecret { get; set; } = "";

    /// <summary>Where people sign in: github.com, or a GitHub Enterprise host.</summary>
    public string BaseUrl { get; set; } = "https://github.com";

    /// <summary>Where its API is; by default where GitHub has it for that <see cref="BaseUrl"/>.</summary>
    public string? ApiUrl { get; set; }

    /// <summary>How long GitHub may take for one answer; from 0.1 seconds to a minute.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How the accounts' issuer is named, such as <c>github.com</c>.</summary>
    public string Issuer => Base.Authority;

    internal Uri Base => new(BaseUrl.TrimEnd('/') + "/");

    internal Uri Api => ApiUrl is { Length: > 0 } ? new Uri(ApiUrl.TrimEnd('/') + "/") : DefaultApi(Base);

    // https://docs.github.com/en/rest and .../enterprise-server/rest: "api." before the host in the cloud, "/api/v3" behind it elsewhere.
    private static Uri DefaultApi(Uri site) =>
        site.Host == "github.com" || site.Host.EndsWith(".ghe.com", StringComparison.Ordinal)
            ? new Uri($"{site.Scheme}://api.{site.Authority}/")
            : new Uri(site, "api/v3/");
}

internal sealed class GitHubOptionsValidator : IValidateOptions<GitHubOptions>
{
    private static readonly TimeSpan MinTimeout = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromMinutes(1);

    public ValidateOptionsResult Validate(string? name, GitHubOptions options)
    {
        List<string> wrong = [];
        if (string.IsNullOrWhiteSpace(options.ClientId) != string.IsNullOrWhiteSpace(options.ClientSecret))
        {
            wrong.Add("Claudy:GitHub:ClientId and Claudy:GitHub:ClientSecret (GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET) go together: give both or neither.");
        }

        if (!IsSafe(options.BaseUrl))
        {
            wrong.Add("Claudy:GitHub:BaseUrl must be an https:// address.");
        }

        if (options.ApiUrl is { Length: > 0 } api && !IsSafe(api))
        {
            wrong.Add("Claudy:GitHub:ApiUrl must be an https:// address.");
        }

        if (options.Timeout < MinTimeout || options.Timeout > MaxTimeout)
        {
            wrong.Add("Claudy:GitHub:Timeout must be from 00:00:00.1 to 00:01:00.");
        }

        return wrong.Count > 0 ? ValidateOptionsResult.Fail(wrong) : ValidateOptionsResult.Success;
    }

    // The secret and tokens travel there.
    private static bool IsSafe(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
        && uri is { Query: "", Fragment: "", UserInfo: "" };
}
