using System.Text.Json;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Messaging;
using Claudy.Application.Usage;
using Claudy.Domain.Sessions;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.Http;

/// <summary>Usage over HTTP: the same use case as the frame <c>usage</c>.</summary>
internal static class UsageEndpoints
{
    /// <summary>Maps them.</summary>
    public static void MapUsage(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/usage", routes.ServiceProvider.GetRequiredService<BearerAuthentication>().Require(GetAsync));

    private static async Task GetAsync(HttpContext context, Identity user)
    {
        var from = WireUsage.ParseDay(Value(context, "from"), "from");
        var to = WireUsage.ParseDay(Value(context, "to"), "to");
        var grouping = WireUsage.ParseGrouping(Value(context, "group_by"));
        SessionId? session = null;
        var isNamed = Value(context, "session_id") is not null;
        if (isNamed && SessionId.TryParse(Value(context, "session_id"), null, out var named))
        {
            session = named;
        }

        var invalid = from.Error ?? to.Error ?? grouping.Error
            ?? (isNamed && session is null ? RequestErrors.InvalidField("session_id", "session_id must be a UUID, as the server gave it.") : null);
        if (invalid is not null)
        {
            await Problems.WriteAsync(context, invalid);
            return;
        }

        var request = new GetUsage(user.UserId, from.Value, to.Value, grouping.Value, session, Value(context, "all_users") == "true");
        var report = await context.RequestServices.GetRequiredService<IMediator>().Send(request, context.RequestAborted);
        if (!report.IsSuccess)
        {
            await Problems.WriteAsync(context, report.Error);
            return;
        }

        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await JsonSerializer.SerializeAsync(
            context.Response.Body, WireUsage.DataOf(report.Value, grouping.Value), ProtocolJson.Default.UsageReportData, context.RequestAborted);
    }

    private static string? Value(HttpContext context, string name) => context.Request.Query[name] is [{ } value] ? value : null;
}
