using Claudy.Domain.Shared;

namespace Claudy.Domain.Workspaces;

/// <summary>How the disk that workspaces are on can fail those who use it. What was not finished by then is not there.</summary>
public static class StorageErrors
{
    /// <summary>The file system is full, of bytes or of names.</summary>
    public static Error Full() =>
        new(ResultStatus.Unavailable, "FILE_023", "storage_full", "The server's disk is full; nothing was written. Try again in a while, or tell the operator.") { Retryable = true };

    /// <summary>The file system gives the server no more, though it may have room.</summary>
    public static Error QuotaReached() =>
        new(ResultStatus.Unavailable, "FILE_024", "storage_quota_reached", "The server has used up its share of its disk; nothing was written. Try again in a while, or tell the operator.") { Retryable = true };

    /// <summary>The file system is mounted so that nothing can be written, which an operator has to mend.</summary>
    public static Error ReadOnly() =>
        new(ResultStatus.Unavailable, "FILE_025", "storage_read_only", "The server's disk takes no changes just now; nothing was written. The operator has to see to it.");

    /// <summary>The server, or its machine, has as many files open as it may.</summary>
    public static Error TooManyOpenFiles() =>
        new(ResultStatus.Unavailable, "FILE_026", "too_many_open_files", "The server has too many files open just now; try again in a moment.") { Retryable = true };

    /// <summary>As much is on its way into workspaces as may be at once.</summary>
    public static Error TooMuchOnItsWay(long limit) =>
        new Error(ResultStatus.Unavailable, "FILE_027", "too_much_on_its_way", "So much is being uploaded to this server that it takes no more just now; try again in a while.")
        {
            Retryable = true,
        }.With("limit", limit);
}
