using System.Buffers;
using System.Security.Cryptography;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Files;

/// <summary>
/// Content on its way into a workspace. It is filled, sealed, and then committed: put under its name, so that whoever reads sees what
/// was there before or all of the new, even after a crash. All ways of writing end in <see cref="Commit"/>.
/// </summary>
internal sealed class StagedFile : IDisposable
{
    /// <summary>What new files in a workspace have: for their owner alone.</summary>
    public const uint NewFileMode = 0b110_000_000;

    private const int BufferSize = 128 * 1024;

    private readonly DirectoryHandle _folder;
    private readonly EntryName _name;
    private readonly bool _ownsFolder;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private SafeFileHandle? _file;
    private string? _sha256;
    private bool _isKept;

    private StagedFile(DirectoryHandle folder, EntryName name, SafeFileHandle file, bool ownsFolder) =>
        (_folder, _name, _file, _ownsFolder) = (folder, name, file, ownsFolder);

    /// <summary>Bytes so far.</summary>
    public long Size { get; private set; }

    /// <summary>Lower-case hexadecimal; of a sealed file.</summary>
    public string Sha256 => _sha256 ?? throw new InvalidOperationException("The content is not sealed.");

    /// <summary>See <see cref="FileStatus.Version"/>; of a sealed file.</summary>
    public string Version { get; private set; } = "";

    public static StagedFile Create(DirectoryHandle folder, EntryName name, bool ownsFolder)
    {
        var file = folder.CreateFile(name, NewFileMode, out var error);
        if (file is null)
        {
            (ownsFolder ? folder : null)?.Dispose();
            throw new PosixException("openat", error);
        }

        return new StagedFile(folder, name, file, ownsFolder);
    }

    /// <summary>Takes over a file that was filled before, and reads it for its digest.</summary>
    public static async Task<StagedFile> OpenAsync(DirectoryHandle folder, EntryName name, CancellationToken cancellationToken)
    {
        var file = folder.OpenFile(name, out var error) ?? throw new PosixException("openat", error);
        var staged = new StagedFile(folder, name, file, ownsFolder: false) { _isKept = true };
        try
        {
            await staged.ReadDigestAsync(file, cancellationToken);
            return staged;
        }
        catch
        {
            staged.Dispose();
            throw;
        }
    }

    /// <summary>Adds bytes.</summary>
    public async Task AppendAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await RandomAccess.WriteAsync(_file!, content, Size, cancellationToken);
        _hash.AppendData(content.Span);
        Size += content.Length;
    }

    /// <summary>Adds all that comes from a stream, a piece at a time.</summary>
    /// <param name="path">Its name, for messages.</param>
    /// <param name="source">Whence; what goes wrong there is the client's.</param>
    /// <param name="length">How much was said to come, if it was.</param>
    /// <param name="limit">The most that may come.</param>
    /// <param name="room">Of which it takes its part: at once when it was said how much comes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when all is there, else <c>FILE_001</c>, <c>FILE_009</c> or <c>FILE_027</c>.</returns>
    public async Task<Error?> FillAsync(string path, Stream source, long? length, long limit, StagingBudget.Room room, CancellationToken cancellationToken)
    {
        if (length > limit)
        {
            return WorkspaceErrors.FileTooLarge(path, length.Value, limit);
        }

        if (length is { } whole && room.Take(whole) is { } full)
        {
            return full;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (true)
            {
                int read;
                try
                {
                    read = await source.ReadAsync(buffer, cancellationToken);
                }
                catch (IOException)
                {
                    return TransferErrors.ContentIncomplete(path, Size, length);
                }

                if (read == 0)
                {
                    return length is null || length == Size ? null : TransferErrors.ContentIncomplete(path, Size, length);
                }

                if (read > limit - Size)
                {
                    return WorkspaceErrors.FileTooLarge(path, Size + read, limit);
                }

                if ((length is null || Size + read > length ? room.Take(read) : null) is { } tooMuch)
                {
                    return tooMuch;
                }

                await AppendAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>What is there so far.</summary>
    public Stream OpenRead() =>
        new WorkspaceFileStream(_folder.OpenFile(_name, out var error) ?? throw new PosixException("openat", error), Size);

    /// <summary>Says that all is there.</summary>
    /// <param name="flush">Whether it goes to the disk now; else whoever commits sees to that.</param>
    public void Seal(bool flush)
    {
        if (_sha256 is not null)
        {
            return;
        }

        if (Posix.Stat(_file!, out var status) < 0)
        {
            throw new PosixException("statx", Posix.LastError);
        }

        if (flush)
        {
            RandomAccess.FlushToDisk(_file!);
        }

        Version = status.Version;
        _sha256 = Convert.ToHexStringLower(_hash.GetHashAndReset());
        _file!.Dispose();
        _file = null;
    }

    /// <summary>Has it judged; of a sealed file.</summary>
    /// <returns>Null when it may be put under that name, else why not.</returns>
    public async Task<Error?> JudgeAsync(IContentScanner scanner, WorkspacePath path, CancellationToken cancellationToken)
    {
        _ = Sha256;
        using var file = _folder.OpenFile(_name, out var error) ?? throw new PosixException("openat", error);
        return (await scanner.ScanAsync(path, file, cancellationToken)).Error;
    }

    /// <summary>Puts it under its name.</summary>
    /// <returns><see cref="Errno.Exists"/> when the name is taken and may not be replaced.</returns>
    public Errno Commit(DirectoryHandle folder, EntryName name, uint mode, bool replace)
    {
        _ = Sha256;
        if (mode != NewFileMode)
        {
            using var file = _folder.OpenFile(_name, out var denied);
            if (file is null || Posix.ChangeMode(file, mode) < 0)
            {
                return file is null ? denied : Posix.LastError;
            }
        }

        var error = replace ? _folder.MoveTo(folder, _name, name) : _folder.MoveToNew(folder, _name, name);
        _isKept |= error == Errno.None;
        return error;
    }

    public void Dispose()
    {
        _file?.Dispose();
        _hash.Dispose();
        if (!_isKept)
        {
            _folder.RemoveFile(_name);
        }

        if (_ownsFolder)
        {
            _folder.Dispose();
        }
    }

    private async Task ReadDigestAsync(SafeFileHandle file, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (await RandomAccess.ReadAsync(file, buffer, Size, cancellationToken) is var read and > 0)
            {
                _hash.AppendData(buffer, 0, read);
                Size += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
