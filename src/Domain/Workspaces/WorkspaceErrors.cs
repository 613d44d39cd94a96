using Claudy.Domain.Shared;

namespace Claudy.Domain.Workspaces;

/// <summary>How work on files can fail.</summary>
public static class WorkspaceErrors
{
    /// <summary>Larger than one file may be.</summary>
    public static Error FileTooLarge(string path, long size, long limit) =>
        new Error(ResultStatus.LimitExceeded, "FILE_001", "file_too_large", $"{path} is {Megabytes(size)}; the limit is {Megabytes(limit)}.")
            .With("size", size).With("limit", limit);

    /// <summary>The content policy does not let it in.</summary>
    /// <param name="path">The name that it should have got.</param>
    /// <param name="rule">The rule's name, as docs/configuration.md lists it.</param>
    /// <param name="why">What was found, in words that go on after the path: <c>is a Linux program (ELF)</c>.</param>
    public static Error ContentRefused(string path, string rule, string why) =>
        new Error(ResultStatus.Forbidden, "FILE_002", "content_refused", $"{path} {why}; the content policy of this server refuses that (rule {rule}).")
            .With("path", path).With("rule", rule);

    /// <summary>Not a path within a workspace.</summary>
    public static Error PathInvalid(string why) =>
        new(ResultStatus.Invalid, "FILE_003", "path_invalid", $"That path cannot be used: {why}.");

    /// <summary>No such file or folder.</summary>
    public static Error NotFound(string path) =>
        new(ResultStatus.NotFound, "FILE_004", "file_not_found", $"There is no {path} in the workspace.");

    /// <summary>There is one already.</summary>
    public static Error Exists(string path) =>
        new(ResultStatus.Conflict, "FILE_005", "file_exists", $"{path} is there already; set overwrite to replace it.");

    /// <summary>The workspace would hold more than it may.</summary>
    public static Error QuotaExceeded(long used, long limit) =>
        new Error(ResultStatus.LimitExceeded, "FILE_006", "quota_exceeded", $"The workspace holds {Megabytes(used)} of at most {Megabytes(limit)}; delete something first.")
            .With("used", used).With("limit", limit);

    /// <summary>The workspace would hold more files than it may; the same code, since the same helps.</summary>
    public static Error TooManyFiles(long files, long limit) =>
        new Error(ResultStatus.LimitExceeded, "FILE_006", "quota_exceeded", $"The workspace holds {files} of at most {limit} files; delete something first.")
            .With("files", files).With("max_files", limit);

    /// <summary>A folder, link or device where a file was meant, or a file where a folder was.</summary>
    public static Error WrongKind(string path, string what) =>
        new(ResultStatus.Conflict, "FILE_007", "wrong_file_kind", $"{path} is {what}.");

    /// <summary>Content that is not what its encoding says.</summary>
    public static Error EncodingInvalid(string encoding) =>
        new(ResultStatus.Invalid, "FILE_008", "encoding_invalid", $"The content is not valid {encoding}.");

    /// <summary>Nothing is kept of the files as they were then.</summary>
    public static Error CheckpointNotFound() =>
        new(ResultStatus.NotFound, "FILE_016", "checkpoint_not_found", "Nothing is kept of the files as they were then: it was before the first turn, or so long ago that it was dropped.");

    /// <summary>This server keeps no checkpoints.</summary>
    public static Error NoCheckpoints() =>
        new(ResultStatus.Unavailable, "FILE_017", "checkpoints_off", "This server keeps nothing of files as they were: git is not installed, or checkpoints are turned off.");

    /// <summary>Checkpoints could not be compared.</summary>
    public static Error CheckpointFailed() =>
        new(ResultStatus.Unavailable, "FILE_018", "checkpoint_failed", "The files could not be compared just now: there are too many, or the server could not read or keep them.") { Retryable = true };

    /// <summary>What a workspace that is over its limit tells its user.</summary>
    public static string QuotaPaused(WorkspaceUsage usage) =>
        $"The workspace holds {Megabytes(usage.SizeBytes)} in {usage.FileCount} files; the limits are {Megabytes(usage.MaxSizeBytes)} and {usage.MaxFiles} files. Claude was stopped. Delete something, and the session goes on by itself once it holds at most 95 % of that.";

    /// <summary>A scanner that has to look at files does not answer.</summary>
    public static Error ScannerUnavailable(string path, string scanner) =>
        new Error(ResultStatus.Unavailable, "FILE_021", "scanner_unavailable", $"{path} could not be looked at by {scanner}, and nothing is let in unseen; try again in a while.")
        {
            Retryable = true,
        }.With("scanner", scanner);

    /// <summary>Larger than a scanner looks at.</summary>
    public static Error TooLargeToScan(string path, string scanner) =>
        new Error(ResultStatus.LimitExceeded, "FILE_022", "too_large_to_scan", $"{path} is larger than {scanner} looks at, and nothing is let in unseen.")
            .With("scanner", scanner);

    private static string Megabytes(long bytes) =>
        bytes < 1024 * 1024 ? $"{bytes} bytes" : $"{bytes / (1024.0 * 1024.0):0.#} MB";
}
