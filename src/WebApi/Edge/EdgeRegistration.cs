using Claudy.WebApi.Http;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Claudy.WebApi.Edge;

/// <summary>Composes what every request meets first.</summary>
internal static class EdgeRegistration
{
    private static readonly TimeSpan PreflightMaxAge = TimeSpan.FromMinutes(10);

    /// <summary>Adds limits, proxies, TLS, cookies and checks of credentials.</summary>
    public static void AddEdgeProtection(this IServiceCollection services)
    {
        services.AddSingleton<IValidateOptions<LimitOptions>, LimitOptionsValidator>();
        services.AddOptions<LimitOptions>().BindConfiguration(LimitOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ProxyOptions>, ProxyOptionsValidator>();
        services.AddOptions<ProxyOptions>().BindConfiguration(ProxyOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TlsOptions>, TlsOptionsValidator>();
        services.AddOptions<TlsOptions>().BindConfiguration(TlsOptions.Section).ValidateOnStart();
        services.AddSingleton<TrustedProxies>();
        services.AddSingleton<ServerCertificate>();
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, KestrelSetup>();
        services.AddSingleton<RequestRates>();
        services.AddSingleton<TransferPlaces>();
        services.AddSingleton<CredentialChecks>();
        services.AddSingleton<SessionCookie>();
        services.AddRequestTimeouts();
        services.AddOptions<RequestTimeoutOptions>().Configure<IOptions<LimitOptions>>(SetTimeouts);
        services.AddCors();
        services.AddOptions<CorsOptions>().Configure<IOptions<HttpOptions>>(SetOrigins);
    }

    /// <summary>Puts it in front of routing.</summary>
    public static void UseEdgeProtection(this WebApplication app)
    {
        app.UseMiddleware<EdgeMiddleware>();
        app.UseCors();
        app.Use(app.Services.GetRequiredService<RequestRates>().LimitAddressAsync);
    }

    private static void SetTimeouts(RequestTimeoutOptions timeouts, IOptions<LimitOptions> limits) =>
        timeouts.DefaultPolicy = new RequestTimeoutPolicy
        {
            Timeout = limits.Value.RequestTimeout,
            WriteTimeoutResponse = static context =>
            {
                // It stands for the timeout that is over.
                context.RequestAborted = CancellationToken.None;
                return Problems.WriteAsync(context, HttpErrors.TimedOut(), StatusCodes.Status504GatewayTimeout);
            },
        };

    // Without credentials: pages of other origins bring an access token of their own, and the cookie is for ours alone.
    private static void SetOrigins(CorsOptions cors, IOptions<HttpOptions> http) =>
        cors.AddDefaultPolicy(policy => policy
            .WithOrigins([.. http.Value.AllowedOrigins.Select(origin => origin.TrimEnd('/'))])
            .WithMethods("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
            .WithHeaders("Authorization", "Content-Type", "If-Match", "If-None-Match", "Range", "Repr-Digest", "Want-Repr-Digest")
            .WithExposedHeaders("Retry-After", "Content-Disposition", "Content-Range", "ETag", "Repr-Digest")
            .SetPreflightMaxAge(PreflightMaxAge));
}
