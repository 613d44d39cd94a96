using System.Text.Json.Serialization;

namespace Claudy.WebApi.Protocol;

/// <summary>Fields of <c>file_move</c>.</summary>
/// <param name="Filename">What.</param>
/// <param name="NewFilename">Its new name.</param>
/// <param name="Overwrite">Whether what has that name is replaced.</param>
internal sealed record FileMoveData(string? Filename, string? NewFilename, bool? Overwrite);

/// <summary>Fields of <c>file_delete</c>.</summary>
/// <param name="Filename">What.</param>
/// <param name="Recursive">Whether a folder goes with all that is in it.</param>
internal sealed record FileDeleteData(string? Filename, bool? Recursive);

/// <summary>Fields of <c>directory_create</c>.</summary>
/// <param name="Filename">Where.</param>
internal sealed record DirectoryCreateData(string? Filename);

/// <summary>Fields of <c>file_moved</c>.</summary>
internal sealed record FileMovedData(string Filename, string NewFilename, bool IsDirectory);

/// <summary>Fields of <c>file_deleted</c>.</summary>
internal sealed record FileDeletedData(string Filename);

/// <summary>Fields of <c>directory_created</c>.</summary>
/// <param name="Filename">Where.</param>
/// <param name="Created">Whether there was none before.</param>
internal sealed record DirectoryCreatedData(string Filename, bool Created);

/// <summary>Fields of <c>file_upload_begin</c>.</summary>
/// <param name="UploadId">The client's own name for it; when left out, the server gives one.</param>
/// <param name="Filename">Where.</param>
/// <param name="Size">Bytes, in all.</param>
/// <param name="Overwrite">Whether a file that is there is replaced.</param>
internal sealed record FileUploadBeginData(string? UploadId, string? Filename, long? Size, bool? Overwrite);

/// <summary>Fields of <c>file_upload_chunk</c>.</summary>
/// <param name="UploadId">Which upload.</param>
/// <param name="Offset">Where the piece begins.</param>
/// <param name="Content">The piece, in <paramref name="Encoding"/>: the UTF-8 bytes of the JSON string.</param>
/// <param name="Encoding">utf-8 or base64; base64 when left out.</param>
internal sealed record FileUploadChunkData(
    string? UploadId,
    long? Offset,
    [property: JsonConverter(typeof(Utf8StringConverter))] byte[]? Content,
    string? Encoding);

/// <summary>Fields of <c>file_upload_commit</c> and <c>file_upload_abort</c>.</summary>
/// <param name="UploadId">Which upload.</param>
/// <param name="Sha256">For <c>file_upload_commit</c>: what the whole file's must be.</param>
internal sealed record FileUploadReference(string? UploadId, string? Sha256);

/// <summary>Fields of <c>file_upload_ready</c> and <c>file_upload_progress</c>.</summary>
/// <param name="UploadId">Which upload.</param>
/// <param name="Filename">Where.</param>
/// <param name="Size">Bytes, in all.</param>
/// <param name="Offset">Bytes that are there; the next piece begins here.</param>
internal sealed record FileUploadStateData(string UploadId, string Filename, long Size, long Offset);

/// <summary>Fields of <c>file_upload_aborted</c>.</summary>
internal sealed record FileUploadAbortedData(string UploadId);

/// <summary>What unpacking an archive answers.</summary>
/// <param name="Path">Where; empty for the workspace itself.</param>
/// <param name="Files">How many files were written.</param>
/// <param name="Folders">How many folders the archive names.</param>
/// <param name="SizeBytes">What the files hold.</param>
/// <param name="Replaced">How many files were there before.</param>
internal sealed record ArchiveUnpackedData(string Path, int Files, int Folders, long SizeBytes, int Replaced);
