namespace Claudy.Infrastructure.Anthropic;

/// <summary>
/// Sends the key as <c>x-api-key</c>, where the SDK sends it as a bearer token: a check must ask as sessions will, and
/// gateways know keys by that header.
/// </summary>
internal sealed class ApiKeyHeaderHandler : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Headers.Authorization is { Scheme: "Bearer", Parameter: { } key })
        {
            request.Headers.Authorization = null;
            request.Headers.Remove("x-api-key");
            request.Headers.Add("x-api-key", key);
        }

        return base.SendAsync(request, cancellationToken);
    }
}
