using System.Buffers;
using System.Buffers.Text;
using System.Text.Unicode;
using Claudy.Application.Files;
using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.WebSockets.Frames;

/// <summary>Frames about the session's workspace.</summary>
internal static class FileFrames
{
    private const int DefaultPage = 1000;
    private const string Utf8Encoding = "utf-8";
    public const string Base64Encoding = "base64";
    private const double Megabyte = 1024 * 1024;

    public static async Task<Result> UploadAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var data = context.Data(ProtocolJson.Default.FileUploadData);
        if (!data.IsSuccess)
        {
            return data.Error;
        }

        var content = Decode(data.Value.Content, data.Value.Encoding);
        if (!content.IsSuccess)
        {
            return content.Error;
        }

        var session = await context.SessionAsync(mediator, cancellationToken);
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        var written = await mediator.Send(
            new UploadFile(context.UserId, session.Value, data.Value.Filename ?? "", content.Value, data.Value.Overwrite ?? false), cancellationToken);
        return written.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.FileUploaded,
                DataOf(written.Value),
                ProtocolJson.Default.FileUploadedData,
                session.Value,
                cancellationToken)
            : written.Error;
    }

    public static async Task<Result> ListAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var data = context.Data(ProtocolJson.Default.FileListQuery);
        if (!data.IsSuccess)
        {
            return data.Error;
        }

        var session = await context.SessionAsync(mediator, cancellationToken);
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        var (path, recursive, limit, cursor, ignore) = data.Value;
        var page = await mediator.Send(
            new ListFiles(context.UserId, session.Value, path, recursive ?? false, limit ?? DefaultPage, cursor, ignore ?? false), cancellationToken);
        return page.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.FileList,
                DataOf(page.Value),
                ProtocolJson.Default.FileListData,
                session.Value,
                cancellationToken)
            : page.Error;
    }

    /// <summary>A written file, as frames and HTTP have it.</summary>
    public static FileUploadedData DataOf(WrittenFile file) => new(file.Path.Value, file.Path.Value, file.Size, file.Sha256, file.Created);

    /// <summary>A page of a listing, as frames and HTTP have it.</summary>
    public static FileListData DataOf(FilePage page) => new([.. page.Entries.Select(EntryOf)], WireNames.WorkspacePath, page.NextCursor);

    public static async Task<Result> DownloadAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var data = context.Data(ProtocolJson.Default.FileDownloadData);
        if (!data.IsSuccess)
        {
            return data.Error;
        }

        var (filename, offset, length, encoding) = data.Value;
        if (encoding is not (null or Utf8Encoding or Base64Encoding))
        {
            return UnknownEncoding();
        }

        var session = await context.SessionAsync(mediator, cancellationToken);
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        var range = await mediator.Send(new DownloadFile(context.UserId, session.Value, filename ?? "", offset ?? 0, length), cancellationToken);
        if (!range.IsSuccess)
        {
            return range.Error;
        }

        var isText = encoding != Base64Encoding && Utf8.IsValid(range.Value.Content.Span);
        if (encoding == Utf8Encoding && !isText)
        {
            return WorkspaceErrors.EncodingInvalid(Utf8Encoding);
        }

        return await context.ReplyAsync(
            FrameTypes.Answer.FileContent,
            new FileContentData(
                filename!,
                new FileText(range.Value.Content, !isText),
                isText ? Utf8Encoding : Base64Encoding,
                range.Value.Size,
                range.Value.Offset,
                range.Value.Sha256),
            ProtocolJson.Default.FileContentData,
            session.Value,
            cancellationToken);
    }

    public static async Task<Result> InfoAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var session = await context.SessionAsync(mediator, cancellationToken);
        if (!session.IsSuccess)
        {
            return session.Error;
        }

        var usage = await mediator.Send(new GetWorkspaceInfo(context.UserId, session.Value), cancellationToken);
        return usage.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.WorkspaceInfo,
                new WorkspaceInfoData(
                    WireNames.WorkspacePath,
                    usage.Value.SizeBytes,
                    Math.Round(usage.Value.SizeBytes / Megabyte, 2),
                    Math.Round(usage.Value.MaxSizeBytes / Megabyte, 2),
                    usage.Value.FileCount,
                    usage.Value.MaxFiles),
                ProtocolJson.Default.WorkspaceInfoData,
                session.Value,
                cancellationToken)
            : usage.Error;
    }

    /// <summary>The bytes of a frame's <c>content</c>, which is decoded in its place.</summary>
    public static Result<ReadOnlyMemory<byte>> Decode(byte[]? content, string? encoding)
    {
        if (content is null)
        {
            return RequestErrors.InvalidField("content", "content must be a string.");
        }

        if (encoding is null or Utf8Encoding)
        {
            return new ReadOnlyMemory<byte>(content);
        }

        if (encoding != Base64Encoding)
        {
            return UnknownEncoding();
        }

        // In place: what was sent is not needed any more, and it may be megabytes.
        return Base64.DecodeFromUtf8InPlace(content, out var length) == OperationStatus.Done
            ? new ReadOnlyMemory<byte>(content, 0, length)
            : WorkspaceErrors.EncodingInvalid(Base64Encoding);
    }

    private static FileEntryData EntryOf(FileEntry entry) => new(
        entry.Path.Name, entry.Path.Value, entry.Size, entry.Type == FileEntryType.Directory, entry.Modified, WireNames.Of(entry.Type));

    private static Error UnknownEncoding() => RequestErrors.InvalidField("encoding", "encoding must be utf-8 or base64.");
}
