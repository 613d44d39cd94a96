using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Microsoft.Extensions.Logging;

namespace Claudy.Infrastructure.Files;

/// <summary>Stands around all work on workspaces: what the disk refuses there is told to who asked, as what it is, and to the operator.</summary>
internal sealed partial class StorageGuard(ILogger<StorageGuard> logger)
{
    /// <summary>What such a failure means to the client; null for any other.</summary>
    public static Error? Meaning(Errno error) => error switch
    {
        Errno.NoSpace => StorageErrors.Full(),
        Errno.QuotaReached => StorageErrors.QuotaReached(),
        Errno.ReadOnly => StorageErrors.ReadOnly(),
        Errno.TooManyOpenFiles or Errno.TooManyOpenFilesOfAll => StorageErrors.TooManyOpenFiles(),
        _ => null,
    };

    /// <summary>Does something, and turns the disk's refusal into an error.</summary>
    public async Task<Result<T>> RunAsync<T>(Func<Task<Result<T>>> work)
    {
        try
        {
            return await work();
        }
        catch (IOException exception) when (Meaning(exception) is { } error)
        {
            LogRefused(exception, error.Reason);
            return error;
        }
    }

    /// <summary>The same for what gives nothing.</summary>
    public async Task<Result> RunAsync(Func<Task<Result>> work)
    {
        try
        {
            return await work();
        }
        catch (IOException exception) when (Meaning(exception) is { } error)
        {
            LogRefused(exception, error.Reason);
            return error;
        }
    }

    // The framework puts the system's number there too.
    private static Error? Meaning(IOException exception) => Meaning((Errno)exception.HResult);

    [LoggerMessage(2760, LogLevel.Error, "The disk of the workspaces refuses work: {Reason}")]
    private partial void LogRefused(Exception exception, string reason);
}
