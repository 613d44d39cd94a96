using Microsoft.Extensions.Options;

namespace Claudy.WebApi.Http;

/// <summary>Where GitHub sends people back to, under <c>Claudy:GitHub</c>.</summary>
internal sealed class GitHubCallbackOptions
{
    /// <summary>Where it is in the configuration.</summary>
    public const string Section = "Claudy:GitHub";

    /// <summary>The callback URL as it is registered at GitHub; none for <c>/auth/github/callback</c> at the address that was asked.</summary>
    public Uri? CallbackUrl { get; set; }
}

internal sealed class GitHubCallbackOptionsValidator : IValidateOptions<GitHubCallbackOptions>
{
    public ValidateOptionsResult Validate(string? name, GitHubCallbackOptions options) =>
        options.CallbackUrl is null or { IsAbsoluteUri: true, Scheme: "https" or "http", Query: "", Fragment: "" }
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail("Claudy:GitHub:CallbackUrl must be a whole address, such as https://claudy.example/auth/github/callback.");
}
