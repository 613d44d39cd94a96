using System.Net;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace Claudy.WebApi.Edge;

/// <summary>Gives the limits and the certificate to the server beneath everything else.</summary>
internal sealed partial class KestrelSetup(
    IOptions<LimitOptions> options, TrustedProxies proxies, ServerCertificate certificate, ILogger<KestrelSetup> logger) : IConfigureOptions<KestrelServerOptions>
{
    private readonly AddressCounts _connections = new(options.Value.MaxConnectionsPerAddress);

    public void Configure(KestrelServerOptions kestrel)
    {
        var limits = options.Value;
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = limits.MaxConnections;
        kestrel.Limits.MaxRequestBodySize = limits.MaxRequestBytes;
        kestrel.Limits.MaxRequestLineSize = limits.MaxRequestLineBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = limits.MaxHeaderBytes;
        kestrel.Limits.MaxRequestHeaderCount = limits.MaxHeaders;
        kestrel.Limits.RequestHeadersTimeout = limits.HeaderTimeout;
        kestrel.ConfigureEndpointDefaults(listen =>
        {
            // WebSockets are all that matters here, and they need a connection of their own.
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(LimitPerAddress);
        });
        if (certificate.Current is not null)
        {
            kestrel.ConfigureHttpsDefaults(UseCertificate);
        }
    }

    private void UseCertificate(HttpsConnectionAdapterOptions https)
    {
        https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
        https.ServerCertificateSelector = (_, _) => certificate.Current!.TargetCertificate;
        https.OnAuthenticate = (_, handshake) =>
        {
            // Instead of the selector, which would leave out the certificates between this one and its root.
            handshake.ServerCertificateSelectionCallback = null;
            handshake.ServerCertificateContext = certificate.Current;
        };
    }

    private ConnectionDelegate LimitPerAddress(ConnectionDelegate next) => async connection =>
    {
        var address = ClientAddress.Of((connection.RemoteEndPoint as IPEndPoint)?.Address);
        if (proxies.Has(address))
        {
            await next(connection);
            return;
        }

        using var place = _connections.TryEnter(address);
        if (place is null)
        {
            LogTooMany(address);
            connection.Abort();
            return;
        }

        await next(connection);
    };

    [LoggerMessage(443, LogLevel.Debug, "Address {Address} has as many connections as it may; another one is closed")]
    private partial void LogTooMany(ClientAddress address);
}
