using Claudy.Application.Authentication.Ports;
using Claudy.Application.Files;
using Claudy.Domain.Sessions;
using Claudy.WebApi.Protocol;
using Microsoft.Net.Http.Headers;

namespace Claudy.WebApi.Http.Files;

/// <summary>Folders as zip archives, sent as they are read and unpacked after they came.</summary>
internal static class FolderArchives
{
    private const string ContentType = "application/zip";

    /// <summary>Whether a request asks for a folder rather than for a file.</summary>
    public static bool IsWanted(HttpRequest request) =>
        request.Query["format"] == "zip" || request.GetTypedHeaders().Accept.Any(accepted => accepted.MediaType == ContentType);

    /// <summary>Sends a folder.</summary>
    public static async Task SendAsync(HttpContext context, Identity user, SessionId session)
    {
        var path = FileEndpoints.PathOf(context).TrimEnd('/');
        var opened = await FileEndpoints.MediatorOf(context).Send(new OpenFolder(user.UserId, session, path), context.RequestAborted);
        if (!opened.IsSuccess)
        {
            await FileEndpoints.RefuseAsync(context, opened.Error);
            return;
        }

        using var folder = opened.Value;
        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName($"{(path.Length == 0 ? session.ToString() : path[(path.LastIndexOf('/') + 1)..])}.zip");
        context.Response.ContentType = ContentType;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ContentDisposition = disposition.ToString();
        FileDownloads.MakeInert(context.Response);
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        try
        {
            await folder.WriteAsync(context.Response.Body, context.RequestAborted);
        }
        catch (IOException) when (context.Response.HasStarted)
        {
            // Half an archive must not look like a whole one.
            context.Abort();
        }
    }

    /// <summary>Takes an archive.</summary>
    public static async Task ReceiveAsync(HttpContext context, Identity user, SessionId session)
    {
        var overwrite = FileEndpoints.Flag(context, "overwrite", otherwise: true);
        var path = FileEndpoints.PathOf(context).TrimEnd('/');
        var unpacked = overwrite.IsSuccess
            ? await FileEndpoints.MediatorOf(context).Send(
                new UnpackArchive(user.UserId, session, path, context.Request.Body, context.Request.ContentLength, overwrite.Value), context.RequestAborted)
            : overwrite.Error;
        await (unpacked.IsSuccess
            ? JsonBody.WriteAsync(
                context,
                new ArchiveUnpackedData(path, unpacked.Value.Files, unpacked.Value.Folders, unpacked.Value.SizeBytes, unpacked.Value.Replaced),
                ProtocolJson.Default.ArchiveUnpackedData)
            : FileEndpoints.RefuseAsync(context, unpacked.Error));
    }
}
