using Claudy.Application.Authentication.Ports;
using Claudy.Application.Files;
using Claudy.Application.Messaging;
using Microsoft.Net.Http.Headers;

namespace Claudy.WebApi.Http.Files;

/// <summary><c>GET</c> and <c>HEAD</c>: a file is sent as it is read, or a range of it.</summary>
internal static class FileDownloads
{
    // Whatever a file says it is, no browser may run it here.
    private const string Inert = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";
    private const string Bytes = "application/octet-stream";

    /// <summary>Sends a file.</summary>
    public static async Task SendAsync(HttpContext context, Identity user)
    {
        var session = SessionEndpoints.SessionOf(context);
        if (session.IsSuccess && FolderArchives.IsWanted(context.Request))
        {
            await FolderArchives.SendAsync(context, user, session.Value);
            return;
        }

        var opened = session.IsSuccess
            ? await FileEndpoints.MediatorOf(context).Send(new OpenFile(user.UserId, session.Value, FileEndpoints.PathOf(context)), context.RequestAborted)
            : session.Error;
        if (!opened.IsSuccess)
        {
            await FileEndpoints.RefuseAsync(context, opened.Error);
            return;
        }

        await using var file = opened.Value;
        context.Response.Headers.CacheControl = "no-store";
        MakeInert(context.Response);
        if (ReprDigest.IsWanted(context.Request))
        {
            context.Response.Headers[ReprDigest.Field] = await ReprDigest.TextOfAsync(file.Content, context.RequestAborted);
        }

        // The framework takes every unit for bytes.
        if (context.Request.GetTypedHeaders().Range is { } range && !range.Unit.Equals("bytes", StringComparison.OrdinalIgnoreCase))
        {
            context.Request.Headers.Remove(HeaderNames.Range);
        }

        var version = new EntityTagHeaderValue($"\"{file.Version}\"");
        await TypedResults.Stream(file.Content, Bytes, file.Path.Name, file.Modified, version, enableRangeProcessing: true).ExecuteAsync(context);
        if (context.Response is { StatusCode: StatusCodes.Status416RangeNotSatisfiable, HasStarted: false })
        {
            context.Response.ContentLength = null;
            await Problems.WriteAsync(
                context, RequestErrors.InvalidField(HeaderNames.Range, $"The file has {file.Size} bytes; that range is beyond it."), StatusCodes.Status416RangeNotSatisfiable);
        }
    }

    /// <summary>Keeps what is downloaded from being run, or shown as a page, where it comes from.</summary>
    public static void MakeInert(HttpResponse response) => response.Headers.ContentSecurityPolicy = Inert;
}
