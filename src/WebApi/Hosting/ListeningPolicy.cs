using System.Net;
using Claudy.WebApi.Edge;

namespace Claudy.WebApi.Hosting;

/// <summary>
/// Local mode has one user, whom a link signs in: it listens on loopback only, unless the operator says otherwise.
/// </summary>
internal static class ListeningPolicy
{
    /// <summary>Says otherwise.</summary>
    public const string AllowRemoteKey = "Claudy:Auth:AllowRemoteLocalMode";

    private const string UrlsKey = "urls";
    private const string DefaultUrl = "http://127.0.0.1:8080";

    // Of the framework: it would take every client's word for where it comes from.
    private const string TrustEverybodyKey = "ForwardedHeaders_Enabled";
    private const string FrameworkCertificateKey = "Kestrel:Certificates:Default";

    /// <summary>Sets the default address, and checks those that are set.</summary>
    /// <exception cref="StartupException">One is not on loopback, is none, or lacks a certificate.</exception>
    public static void Apply(IConfigurationManager configuration)
    {
        if (string.IsNullOrWhiteSpace(configuration[UrlsKey]))
        {
            configuration[UrlsKey] = DefaultUrl;
        }

        CheckEncryption(configuration);
        if (configuration.GetValue(AllowRemoteKey, defaultValue: false) || !SignInModes.Of(configuration).Local)
        {
            return;
        }

        var urls = configuration[UrlsKey]!.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Concat(configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>());
        if (urls.FirstOrDefault(url => !IsLoopback(url)) is { } exposed)
        {
            throw new StartupException(
                $"In local mode the server listens on loopback only, not on {exposed}: whoever gets the sign-in link is the local user. "
                + $"Use http://127.0.0.1:8080 or http://localhost:8080, or set {AllowRemoteKey}=true where something in front of it keeps others out.");
        }
    }

    private static void CheckEncryption(IConfigurationManager configuration)
    {
        if (configuration.GetValue(TrustEverybodyKey, defaultValue: false))
        {
            throw new StartupException(
                "ASPNETCORE_FORWARDEDHEADERS_ENABLED lets every client say where it comes from. Take it out, and name your proxies with Claudy:Proxies:Trusted.");
        }

        if (configuration[UrlsKey]!.Contains("https://", StringComparison.OrdinalIgnoreCase)
            && string.IsNullOrEmpty(configuration[TlsOptions.CertificateKey])
            && !configuration.GetSection(FrameworkCertificateKey).Exists())
        {
            throw new StartupException($"There is an https:// address but no certificate: give one with {TlsOptions.CertificateKey}, or listen on http://.");
        }
    }

    private static bool IsLoopback(string url)
    {
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            throw new StartupException($"{url} is no address to listen on; give one such as http://127.0.0.1:8080 with --urls.");
        }

        return address.IsUnixPipe
            || string.Equals(address.Host, "localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
    }
}
