using System.Globalization;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Files;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.WebApi.Protocol;
using Claudy.WebApi.WebSockets.Frames;
using MediatR;
using Microsoft.AspNetCore.Http.Features;

namespace Claudy.WebApi.Http.Files;

/// <summary>Files of workspaces over HTTP: streamed, so that none is ever wholly in memory.</summary>
internal static class FileEndpoints
{
    private const string Address = "/api/session/{id}/files/{**path}";
    private const int DefaultPage = 1000;
    private const string EncodedSlash = "%2F";

    // The empty one before the first slash, api, session, the id, files.
    private const int SegmentsBeforePath = 5;

    /// <summary>Maps them.</summary>
    public static void MapFiles(this IEndpointRouteBuilder routes)
    {
        var bearer = routes.ServiceProvider.GetRequiredService<BearerAuthentication>();
        routes.MapMethods(Address, [HttpMethods.Get, HttpMethods.Head], bearer.Require(FileDownloads.SendAsync)).DisableRequestTimeout();
        routes.MapPut(Address, bearer.Require(FileUploads.ReceiveAsync)).DisableRequestTimeout();
        routes.MapDelete(Address, bearer.Require(DeleteAsync));
        routes.MapGet("/api/workspace/files", bearer.Require(ListAsync));
    }

    /// <summary>The path that the address names; empty for the workspace itself.</summary>
    public static string PathOf(HttpContext context)
    {
        var path = context.GetRouteValue("path") as string ?? "";
        return path.Contains(EncodedSlash, StringComparison.OrdinalIgnoreCase) ? RawPathOf(context) ?? path : path;
    }

    /// <summary>A value of the address.</summary>
    public static string? Value(HttpContext context, string name) => context.Request.Query[name] is [{ } value] ? value : null;

    /// <summary>A flag of the address.</summary>
    public static Result<bool> Flag(HttpContext context, string name, bool otherwise) => Value(context, name) switch
    {
        null => otherwise,
        "true" => true,
        "false" => false,
        _ => RequestErrors.InvalidField(name, $"{name} must be true or false."),
    };

    /// <summary>Answers with an error; limits of files have statuses of their own.</summary>
    public static Task RefuseAsync(HttpContext context, Error error, bool isConditional = false) => Problems.WriteAsync(context, error, error.Code switch
    {
        "FILE_001" => StatusCodes.Status413PayloadTooLarge,
        "FILE_006" or "FILE_023" or "FILE_024" => StatusCodes.Status507InsufficientStorage,
        "FILE_005" or "FILE_012" when isConditional => StatusCodes.Status412PreconditionFailed,
        _ => null,
    });

    // The framework decodes all but slashes, so that one and a name that says "%2F" look alike: only the address as it came tells.
    private static string? RawPathOf(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var segments = target.Split('?')[0].Split('/');
        return target.StartsWith('/') && segments.Length > SegmentsBeforePath
            ? string.Join('/', segments.Skip(SegmentsBeforePath).Select(Uri.UnescapeDataString))
            : null;
    }

    public static IMediator MediatorOf(HttpContext context) => context.RequestServices.GetRequiredService<IMediator>();

    private static async Task DeleteAsync(HttpContext context, Identity user)
    {
        var session = SessionEndpoints.SessionOf(context);
        var recursive = Flag(context, "recursive", otherwise: false);
        var deleted = (session.Error ?? recursive.Error) is { } invalid
            ? invalid
            : await MediatorOf(context).Send(new DeleteFile(user.UserId, session.Value, PathOf(context), recursive.Value), context.RequestAborted);
        if (deleted.IsSuccess)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        else
        {
            await RefuseAsync(context, deleted.Error);
        }
    }

    private static async Task ListAsync(HttpContext context, Identity user)
    {
        var session = await SessionAsync(context, user);
        var recursive = Flag(context, "recursive", otherwise: false);
        var ignore = Flag(context, "ignore", otherwise: false);
        var limit = DefaultPage;
        var isNumber = Value(context, "limit") is not { } number || int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out limit);
        var invalid = session.Error ?? recursive.Error ?? ignore.Error ?? (isNumber ? null : RequestErrors.InvalidField("limit", "limit must be a number from 1 to 1000."));
        var page = invalid is not null
            ? invalid
            : await MediatorOf(context).Send(
                new ListFiles(user.UserId, session.Value, Value(context, "path"), recursive.Value, limit, Value(context, "cursor"), ignore.Value), context.RequestAborted);
        await (page.IsSuccess
            ? JsonBody.WriteAsync(context, FileFrames.DataOf(page.Value), ProtocolJson.Default.FileListData)
            : RefuseAsync(context, page.Error));
    }

    /// <summary>The session that the query names, else the one that the user used last.</summary>
    private static async Task<Result<SessionId>> SessionAsync(HttpContext context, Identity user)
    {
        if (Value(context, "session_id") is not { } named)
        {
            return await MediatorOf(context).Send(new FindLatestSession(user.UserId), context.RequestAborted);
        }

        return SessionId.TryParse(named, null, out var session)
            ? session
            : RequestErrors.InvalidField("session_id", "session_id must be a UUID, as the server gave it.");
    }
}
