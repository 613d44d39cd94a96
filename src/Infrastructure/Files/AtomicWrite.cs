using System.Security.Cryptography;
using Claudy.Domain.Shared;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Files;

/// <summary>Puts whole content under a name: whoever reads sees what was there before or all of the new, even after a crash.</summary>
internal static class AtomicWrite
{
    private const uint WhileWriting = 0b110_000_000;

    /// <param name="folder">Where the name is.</param>
    /// <param name="name">The name.</param>
    /// <param name="content">What it shall stand for.</param>
    /// <param name="mode">The file's permissions.</param>
    /// <param name="replace">Whether the name may be taken.</param>
    /// <param name="judge">Judges the whole file before it gets the name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What the system says, <see cref="Errno.Exists"/> when the name is taken and may not be replaced; or why it was refused.</returns>
    public static async Task<Result<Errno>> PutAsync(
        DirectoryHandle folder,
        EntryName name,
        ReadOnlyMemory<byte> content,
        uint mode,
        bool replace,
        Func<SafeFileHandle, CancellationToken, Task<Result>> judge,
        CancellationToken cancellationToken)
    {
        var staged = EntryName.From($".claudy-{RandomNumberGenerator.GetHexString(16, lowercase: true)}.tmp");
        using var file = folder.CreateFile(staged, WhileWriting, out var error);
        if (file is null)
        {
            return error;
        }

        try
        {
            await RandomAccess.WriteAsync(file, content, fileOffset: 0, cancellationToken);
            var judged = await judge(file, cancellationToken);
            if (!judged.IsSuccess)
            {
                return judged.Error;
            }

            if (Posix.ChangeMode(file, mode) < 0)
            {
                return Posix.LastError;
            }

            RandomAccess.FlushToDisk(file);
            error = replace ? folder.Rename(staged, name) : folder.Link(staged, name);
            return error == Errno.None ? folder.Sync() : error;
        }
        finally
        {
            // After a rename there is none; after a link, or a failure, there is one too many.
            folder.RemoveFile(staged);
        }
    }
}
