using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Files;

/// <summary>
/// How much is on its way into workspaces through this node, against what may be at once: no workspace's books know of it before it is
/// whole. Uploads in pieces take all that they will need when they begin, since they may wait for long.
/// </summary>
internal sealed class StagingBudget(IOptions<WorkspaceOptions> options)
{
    private readonly Lock _gate = new();
    private readonly long _most = options.Value.MaxStagedBytes;
    private Dictionary<(SessionId Session, UploadId Upload), long> _uploads = [];
    private long _taken;

    /// <summary>Room for one thing, given back when disposed.</summary>
    public Room Open() => new(this);

    /// <summary>Takes room for an upload in pieces, until it ends.</summary>
    /// <returns>Null, or <c>FILE_027</c>.</returns>
    public Error? Begin(SessionId session, UploadId upload, long size)
    {
        lock (_gate)
        {
            if (_uploads.ContainsKey((session, upload)))
            {
                return null;
            }

            var full = Take(size);
            if (full is null)
            {
                _uploads.Add((session, upload), size);
            }

            return full;
        }
    }

    /// <summary>An upload in pieces is over.</summary>
    public void End(SessionId session, UploadId upload)
    {
        lock (_gate)
        {
            if (_uploads.Remove((session, upload), out var size))
            {
                _taken -= size;
            }
        }
    }

    /// <summary>What was found on the disk: uploads of an earlier run and of other nodes count too, and those that are gone no longer.</summary>
    public void Recount(Dictionary<(SessionId Session, UploadId Upload), long> uploads)
    {
        lock (_gate)
        {
            _taken += uploads.Values.Sum() - _uploads.Values.Sum();
            _uploads = uploads;
        }
    }

    private Error? Take(long bytes)
    {
        lock (_gate)
        {
            if (bytes > _most - _taken)
            {
                return StorageErrors.TooMuchOnItsWay(_most);
            }

            _taken += bytes;
            return null;
        }
    }

    private void Give(long bytes)
    {
        lock (_gate)
        {
            _taken -= bytes;
        }
    }

    /// <summary>Room for what comes in.</summary>
    public sealed class Room(StagingBudget budget) : IDisposable
    {
        private long _bytes;

        /// <summary>Takes more of it.</summary>
        /// <returns>Null, or <c>FILE_027</c>.</returns>
        public Error? Take(long bytes)
        {
            var full = budget.Take(bytes);
            _bytes += full is null ? bytes : 0;
            return full;
        }

        public void Dispose()
        {
            budget.Give(_bytes);
            _bytes = 0;
        }
    }
}
