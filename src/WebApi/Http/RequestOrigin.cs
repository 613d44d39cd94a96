using Claudy.Application.Audit;
using Claudy.Application.Audit.Ports;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;

namespace Claudy.WebApi.Http;

/// <summary>Where a request comes from, for the audit log.</summary>
internal static class RequestOrigin
{
    /// <summary>Notes the address of each request; after whatever corrects it behind a proxy.</summary>
    public static Task UseAsync(HttpContext context, RequestDelegate next)
    {
        var origin = context.Origin();
        origin.Address = context.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped
            ? mapped.MapToIPv4().ToString()
            : context.Connection.RemoteIpAddress?.ToString();
        origin.Correlation = context.TraceIdentifier;
        return next(context);
    }

    /// <summary>The request's.</summary>
    public static AuditOrigin Origin(this HttpContext context) => context.RequestServices.GetRequiredService<AuditOrigin>();

    /// <summary>Notes who is signed in.</summary>
    public static void SignIn(this AuditOrigin origin, Identity identity) =>
        (origin.Username, origin.Credential) = (identity.Username, identity.Grant is Grant.PersonalToken ? AuditCredential.PersonalToken : AuditCredential.AccessToken);

    /// <summary>Records that the request was turned away before any use case saw it.</summary>
    public static void NoteRefused(this HttpContext context, string action, Error error, string? target = null, UserId? user = null) =>
        context.RequestServices.GetRequiredService<IAuditLog>().Post(context.Origin().Entry(new AuditAct(action) { Target = target }, user, error));
}
