using Claudy.Application.Audit;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Files;
using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Shared;
using Claudy.WebApi.Edge;
using Claudy.WebApi.Protocol;
using Claudy.WebApi.WebSockets.Frames;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Claudy.WebApi.Http.Files;

/// <summary><c>PUT</c>: the body goes to the disk as it comes, and takes its name when all of it is there.</summary>
internal static class FileUploads
{
    // What no ETag of a file is.
    private const string NoVersion = "";

    /// <summary>Takes a file.</summary>
    public static async Task ReceiveAsync(HttpContext context, Identity user)
    {
        // The limit is that of a file, and is held to while the body comes.
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        var places = context.RequestServices.GetRequiredService<TransferPlaces>();
        using var place = places.TryEnter(user.UserId);
        if (place is null)
        {
            var tooMany = EdgeErrors.TooManyTransfers(places.Limit);
            context.NoteRefused(AuditActions.LimitExceeded, tooMany, user: user.UserId);
            await Problems.WriteAsync(context, tooMany);
            return;
        }

        var session = SessionEndpoints.SessionOf(context);
        if (session.IsSuccess && FileEndpoints.Value(context, "unpack") is { } format)
        {
            await (format == "zip"
                ? FolderArchives.ReceiveAsync(context, user, session.Value)
                : Problems.WriteAsync(context, RequestErrors.InvalidField("unpack", "unpack must be zip.")));
            return;
        }

        var condition = ConditionOf(context.Request);
        var written = (session.Error ?? condition.Error) is { } invalid
            ? invalid
            : await FileEndpoints.MediatorOf(context).Send(
                new ReceiveFile(user.UserId, session.Value, FileEndpoints.PathOf(context), context.Request.Body, context.Request.ContentLength, condition.Value),
                context.RequestAborted);
        if (!written.IsSuccess)
        {
            await FileEndpoints.RefuseAsync(context, written.Error, IsConditional(context.Request));
            return;
        }

        var file = written.Value;
        context.Response.StatusCode = file.Created ? StatusCodes.Status201Created : StatusCodes.Status200OK;
        context.Response.Headers.ETag = $"\"{file.Version}\"";
        context.Response.Headers[ReprDigest.Field] = ReprDigest.Text(file.Sha256);
        await JsonBody.WriteAsync(context, FileFrames.DataOf(file), ProtocolJson.Default.FileUploadedData);
    }

    /// <summary>What the request's headers ask of what is there, and of what comes.</summary>
    public static Result<WriteCondition> ConditionOf(HttpRequest request)
    {
        if (request.Headers.ContentEncoding is [{ Length: > 0 } and not "identity"])
        {
            return RequestErrors.InvalidField(HeaderNames.ContentEncoding, "The content must come as it is, without a Content-Encoding.");
        }

        if (request.Headers.ContainsKey(HeaderNames.ContentRange))
        {
            return RequestErrors.InvalidField(HeaderNames.ContentRange, "A PUT brings the whole file; for parts there is file_upload_begin.");
        }

        var headers = request.GetTypedHeaders();
        if (headers.IfNoneMatch is { Count: > 0 } none && none is not [{ Tag.Value: "*" }])
        {
            return RequestErrors.InvalidField(HeaderNames.IfNoneMatch, "If-None-Match takes * only: to write when there is no such file.");
        }

        if (headers.IfMatch is { Count: > 1 })
        {
            return RequestErrors.InvalidField(HeaderNames.IfMatch, "If-Match takes one ETag, or *.");
        }

        var version = headers.IfMatch is [{ } tag] ? VersionOf(tag) : null;
        var digest = ReprDigest.Of(request);
        return digest.IsSuccess
            ? new WriteCondition(headers.IfNoneMatch is not { Count: > 0 }, digest.Value, version)
            : digest.Error;
    }

    private static bool IsConditional(HttpRequest request) => request.Headers.IfNoneMatch.Count > 0 || request.Headers.IfMatch.Count > 0;

    private static string VersionOf(EntityTagHeaderValue tag)
    {
        if (tag.Tag == "*")
        {
            return WriteCondition.AnyVersion;
        }

        return tag.IsWeak ? NoVersion : tag.Tag.Value!.Trim('"');
    }
}
