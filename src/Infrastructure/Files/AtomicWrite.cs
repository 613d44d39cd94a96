using System.Security.Cryptography;

namespace Claudy.Infrastructure.Files;

/// <summary>Puts whole content under a name: whoever reads sees what was there before or all of the new, even after a crash.</summary>
internal static class AtomicWrite
{
    private const uint WhileWriting = 0b110_000_000;

    /// <returns><see cref="Errno.Exists"/> when the name is taken and may not be replaced.</returns>
    public static async Task<Errno> PutAsync(
        DirectoryHandle folder, EntryName name, ReadOnlyMemory<byte> content, uint mode, bool replace, CancellationToken cancellationToken)
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
