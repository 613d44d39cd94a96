using Claudy.Domain.Shared;

namespace Claudy.Domain.Workspaces;

/// <summary>How moving content into and out of a workspace can fail, beyond what <see cref="WorkspaceErrors"/> has.</summary>
public static class TransferErrors
{
    // Of a name that may be anything.
    private const int MaxShown = 256;

    private const string OutOfStepCode = "FILE_012";
    private const string OutOfStepReason = "out_of_step";

    /// <summary>The content broke off, or is not as long as was said.</summary>
    public static Error ContentIncomplete(string path, long received, long? expected)
    {
        var error = new Error(
            ResultStatus.Invalid,
            "FILE_009",
            "content_incomplete",
            expected is { } size ? $"Of {path} {received} of {size} bytes came; nothing was written." : $"The content of {path} broke off after {received} bytes; nothing was written.")
            .With("received", received);
        return expected is { } known ? error.With("expected", known) : error;
    }

    /// <summary>The content is not what its digest says.</summary>
    public static Error DigestMismatch(string path, string actual) =>
        new Error(ResultStatus.Invalid, "FILE_010", "digest_mismatch", $"The content of {path} has another SHA-256 than was said; nothing was written.")
            .With("sha256", actual);

    /// <summary>No such upload: never begun, aborted, or abandoned for too long.</summary>
    public static Error UploadNotFound() =>
        new(ResultStatus.NotFound, "FILE_011", "upload_not_found", "There is no such upload in the session; begin it again.");

    /// <summary>A piece that does not follow what is there.</summary>
    public static Error WrongOffset(long offset, long size) =>
        new Error(ResultStatus.Conflict, OutOfStepCode, OutOfStepReason, $"The upload has {offset} of {size} bytes; go on from there.")
            .With("offset", offset).With("size", size);

    /// <summary>An upload that was begun for something else.</summary>
    public static Error OtherUpload(string path, long size) =>
        new Error(ResultStatus.Conflict, OutOfStepCode, OutOfStepReason, $"That upload_id stands for {path} with {size} bytes; give another one.")
            .With("filename", path).With("size", size);

    /// <summary>A file that is not, or is no longer, the one that was meant.</summary>
    public static Error OtherVersion(string path) =>
        new(ResultStatus.Conflict, OutOfStepCode, OutOfStepReason, $"{path} is not what it was when you looked; look again.");

    /// <summary>As many uploads are under way as a session may have.</summary>
    public static Error TooManyUploads(int limit) =>
        new Error(ResultStatus.LimitExceeded, "FILE_013", "too_many_uploads", $"The session has {limit} unfinished uploads, which is the limit; commit or abort one first.")
            .With("limit", limit);

    /// <summary>A folder that something is in.</summary>
    public static Error FolderNotEmpty(string path) =>
        new(ResultStatus.Conflict, "FILE_014", "folder_not_empty", $"{path} is a folder that is not empty.");

    /// <summary>An archive that is not unpacked.</summary>
    /// <param name="rule">What it breaks, in lower snake case.</param>
    /// <param name="why">The same as the end of a sentence that begins with "the archive".</param>
    /// <param name="entry">Which entry does; null for the whole.</param>
    public static Error ArchiveRefused(string rule, string why, string? entry = null)
    {
        var error = new Error(ResultStatus.Invalid, "FILE_015", "archive_refused", $"Nothing was unpacked: the archive {why}.").With("rule", rule);
        return entry is null ? error : error.With("entry", entry[..Math.Min(entry.Length, MaxShown)]);
    }
}
