using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.WebApi.Http.Exports;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.Http;

/// <summary>Sessions over HTTP: the same use cases as the frames of those names.</summary>
internal static class SessionEndpoints
{
    private const int DefaultPage = 50;

    /// <summary>Maps them.</summary>
    public static void MapSessions(this IEndpointRouteBuilder routes)
    {
        var bearer = routes.ServiceProvider.GetRequiredService<BearerAuthentication>();
        routes.MapGet("/api/session", bearer.Require(ListAsync));

        // A repository may take longer than other answers do.
        routes.MapPost("/api/session", bearer.Require(CreateAsync)).DisableRequestTimeout();
        routes.MapGet("/api/session/{id}", bearer.Require(GetAsync));
        routes.MapDelete("/api/session/{id}", bearer.Require(DeleteAsync));
        routes.MapGet("/api/session/{id}/export", bearer.Require(ExportAsync)).DisableRequestTimeout();
    }

    private static async Task ListAsync(HttpContext context, Identity user)
    {
        var query = context.Request.Query;
        SessionStatus? status = null;
        if (query["status"] is [{ } name])
        {
            var parsed = WireNames.ParseStatus(name);
            if (!parsed.IsSuccess)
            {
                await Problems.WriteAsync(context, parsed.Error);
                return;
            }

            status = parsed.Value;
        }

        var limit = DefaultPage;
        if (query["limit"] is [{ } number] && !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out limit))
        {
            await Problems.WriteAsync(context, RequestErrors.InvalidField("limit", "limit must be a number from 1 to 200."));
            return;
        }

        var request = new ListSessions(user.UserId, status, query["query"] is [{ } text] ? text : null, limit, query["cursor"] is [{ } cursor] ? cursor : null);
        var page = await MediatorOf(context).Send(request, context.RequestAborted);
        await (page.IsSuccess
            ? WriteAsync(
                context,
                new SessionListData([.. page.Value.Sessions.Select(SessionSummary.Of)], page.Value.NextCursor),
                ProtocolJson.Default.SessionListData)
            : Problems.WriteAsync(context, page.Error));
    }

    private static async Task CreateAsync(HttpContext context, Identity user)
    {
        if (await JsonBody.ReadAsync(context, ProtocolJson.Default.CreateSessionData) is not { } data)
        {
            await Problems.WriteAsync(context, RequestErrors.InvalidField("", "The body must be a JSON object with the fields of create_session; {} for a session like any other."));
            return;
        }

        var read = SessionRequest.Read(user.UserId, data);
        var created = read.IsSuccess ? await MediatorOf(context).Send(read.Value, context.RequestAborted) : read.Error;
        if (!created.IsSuccess)
        {
            await Problems.WriteAsync(context, created.Error);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = $"/api/session/{created.Value.Id}";
        await WriteAsync(context, SessionCreatedData.Of(created.Value, created.Value.Status), ProtocolJson.Default.SessionCreatedData);
    }

    private static async Task GetAsync(HttpContext context, Identity user)
    {
        var found = await FindAsync(context, user);
        await (found.IsSuccess
            ? WriteAsync(context, SessionSummary.Of(found.Value.Document), ProtocolJson.Default.SessionSummaryData)
            : Problems.WriteAsync(context, found.Error));
    }

    private static async Task DeleteAsync(HttpContext context, Identity user)
    {
        var session = SessionOf(context);
        var deleted = session.IsSuccess
            ? await MediatorOf(context).Send(new DeleteSession(user.UserId, session.Value), context.RequestAborted)
            : session.Error;
        if (deleted.IsSuccess)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        else
        {
            await Problems.WriteAsync(context, deleted.Error);
        }
    }

    private static async Task ExportAsync(HttpContext context, Identity user)
    {
        var format = context.Request.Query["format"] is [{ } named] ? named : ExportFormat.Jsonl.Name;
        if (ExportFormat.Find(format) is not { } chosen)
        {
            await Problems.WriteAsync(context, RequestErrors.InvalidField("format", $"format must be {ExportFormat.Names}."));
            return;
        }

        var found = await FindAsync(context, user);
        await (found.IsSuccess
            ? new SessionExport(MediatorOf(context), context.RequestServices.GetRequiredService<TimeProvider>()).WriteAsync(context, user.UserId, found.Value, chosen)
            : Problems.WriteAsync(context, found.Error));
    }

    private static async Task<Result<SessionDetails>> FindAsync(HttpContext context, Identity user)
    {
        var session = SessionOf(context);
        return session.IsSuccess ? await MediatorOf(context).Send(new GetSession(user.UserId, session.Value), context.RequestAborted) : session.Error;
    }

    /// <summary>The session that the address names.</summary>
    internal static Result<SessionId> SessionOf(HttpContext context) =>
        SessionId.TryParse(context.GetRouteValue("id") as string, null, out var session)
            ? session
            : RequestErrors.InvalidField("session_id", "The address must name a session by its UUID, as the server gave it.");

    private static IMediator MediatorOf(HttpContext context) => context.RequestServices.GetRequiredService<IMediator>();

    private static Task WriteAsync<T>(HttpContext context, T data, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return JsonSerializer.SerializeAsync(context.Response.Body, data, type, context.RequestAborted);
    }
}
