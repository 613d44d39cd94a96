using System.Net;
using Microsoft.AspNetCore.Http;

namespace Claudy.Infrastructure.ApiBroker;

/// <summary>The body of a request from a sandbox as the content of one to the API: passed on as it comes.</summary>
internal sealed class RelayedBody(HttpRequest request) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        request.BodyReader.CopyToAsync(stream, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = request.ContentLength ?? 0;
        return request.ContentLength is not null;
    }
}
