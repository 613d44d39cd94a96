using System.Globalization;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Messaging;
using Claudy.Application.Usage;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.Http;

/// <summary>Usage over HTTP: the same use case as the frame <c>usage</c>.</summary>
internal static class UsageEndpoints
{
    private const int DefaultPage = 100;

    /// <summary>Maps them.</summary>
    public static void MapUsage(this IEndpointRouteBuilder routes)
    {
        var bearer = routes.ServiceProvider.GetRequiredService<BearerAuthentication>();
        routes.MapGet("/api/usage", bearer.Require(GetAsync));
        routes.MapGet("/api/usage/requests", bearer.Require(ListAsync));
    }

    private static async Task ListAsync(HttpContext context, Identity user)
    {
        var cursor = WireUsage.ParseCursor(Value(context, "cursor"));
        var session = SessionOf(context);
        var limit = DefaultPage;
        var isLimit = Value(context, "limit") is not { } text || int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit);
        if ((cursor.Error ?? session.Error ?? (isLimit ? null : RequestErrors.InvalidField("limit", "limit must be a number."))) is { } invalid)
        {
            await Problems.WriteAsync(context, invalid);
            return;
        }

        var page = await context.RequestServices.GetRequiredService<IMediator>().Send(new ListUsage(user.UserId, session.Value, cursor.Value, limit), context.RequestAborted);
        await (page.IsSuccess
            ? JsonBody.WriteAsync(context, WireUsage.DataOf(page.Value), ProtocolJson.Default.UsageListData)
            : Problems.WriteAsync(context, page.Error));
    }

    private static async Task GetAsync(HttpContext context, Identity user)
    {
        var from = WireUsage.ParseDay(Value(context, "from"), "from");
        var to = WireUsage.ParseDay(Value(context, "to"), "to");
        var grouping = WireUsage.ParseGrouping(Value(context, "group_by"));
        var session = SessionOf(context);
        if ((from.Error ?? to.Error ?? grouping.Error ?? session.Error) is { } invalid)
        {
            await Problems.WriteAsync(context, invalid);
            return;
        }

        var request = new GetUsage(user.UserId, from.Value, to.Value, grouping.Value, session.Value, Value(context, "all_users") == "true");
        var report = await context.RequestServices.GetRequiredService<IMediator>().Send(request, context.RequestAborted);
        if (!report.IsSuccess)
        {
            await Problems.WriteAsync(context, report.Error);
            return;
        }

        await JsonBody.WriteAsync(context, WireUsage.DataOf(report.Value, grouping.Value), ProtocolJson.Default.UsageReportData);
    }

    private static Result<SessionId?> SessionOf(HttpContext context)
    {
        if (Value(context, "session_id") is not { } text)
        {
            return Result.Success<SessionId?>(null);
        }

        return SessionId.TryParse(text, null, out var named)
            ? Result.Success<SessionId?>(named)
            : RequestErrors.InvalidField("session_id", "session_id must be a UUID, as the server gave it.");
    }

    private static string? Value(HttpContext context, string name) => context.Request.Query[name] is [{ } value] ? value : null;
}
