using System.Net.Http.Headers;
using Claudy.Application.Sessions.Ports;

namespace Claudy.Infrastructure.Anthropic;

/// <summary>
/// Sends a credential as the broker does, where the SDK sends every one as a bearer token: a check must ask as sessions will,
/// and gateways know keys by <c>x-api-key</c>.
/// </summary>
internal sealed class CredentialHeaderHandler(ClaudeCredentialKind kind, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Headers.Authorization is { Scheme: "Bearer", Parameter: { } value })
        {
            request.Headers.Remove("x-api-key");
            request.Headers.Authorization = kind == ClaudeCredentialKind.ApiKey ? null : new AuthenticationHeaderValue("Bearer", value);
            if (kind == ClaudeCredentialKind.ApiKey)
            {
                request.Headers.Add("x-api-key", value);
            }
            else if (kind == ClaudeCredentialKind.OAuthToken && !HasBeta(request))
            {
                request.Headers.Add(ClaudeCredential.BetaHeader, ClaudeCredential.OAuthBeta);
            }
        }

        return base.SendAsync(request, cancellationToken);
    }

    // A retry brings the headers of the first try along.
    private static bool HasBeta(HttpRequestMessage request) =>
        request.Headers.TryGetValues(ClaudeCredential.BetaHeader, out var betas) && betas.Contains(ClaudeCredential.OAuthBeta, StringComparer.Ordinal);
}
