using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Security;

/// <summary>The server's own encryption keys in a file that its owner alone can read; the last one is current.</summary>
internal sealed class EncryptionKeyFile(string path, TimeProvider time)
{
    private const int FormatVersion = 1;
    private const UnixFileMode OwnerOnlyFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyFolder = OwnerOnlyFile | UnixFileMode.UserExecute;

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>The keys, with a first one when there is no file yet; of several processes that start at once, all get the same.</summary>
    /// <exception cref="OptionsValidationException">The file cannot be used.</exception>
    public EncryptionKeys LoadOrMake()
    {
        if (!File.Exists(path))
        {
            Write([Line(EncryptionKey.New())], overwrite: false);
        }

        return Load();
    }

    /// <summary>The keys; none when there is no file.</summary>
    /// <exception cref="OptionsValidationException">The file cannot be used.</exception>
    public EncryptionKeys Load()
    {
        List<EncryptionKey> keys = [];
        foreach (var line in Read())
        {
            keys.Add(EncryptionKey.TryParse(line.Key, out var key) && key.Id == line.Id ? key : throw Damaged());
        }

        return new EncryptionKeys(keys, keys.LastOrDefault());
    }

    /// <summary>Adds a key, which is current from then on.</summary>
    public EncryptionKeys Add(EncryptionKey key)
    {
        using var turn = TakeTurn();
        Write([.. Read(), Line(key)], overwrite: true);
        return Load();
    }

    /// <summary>Puts keys back that were here before somebody took the file away, unless there is one again.</summary>
    public EncryptionKeys Restore(EncryptionKeys keys)
    {
        using var turn = TakeTurn();
        if (!File.Exists(path))
        {
            Write([.. keys.All.Select(Line)], overwrite: false);
        }

        return Load();
    }

    /// <summary>Keeps these keys and drops the others; without any, the file goes.</summary>
    public EncryptionKeys Keep(Func<EncryptionKey, bool> isKept)
    {
        using var turn = TakeTurn();
        var kept = Load().All.Where(isKept).Select(key => key.Id).ToHashSet(StringComparer.Ordinal);
        var lines = Read();
        if (kept.Count == 0 && lines.Count > 0)
        {
            File.Delete(path);
        }
        else if (kept.Count < lines.Count)
        {
            Write([.. lines.Where(line => kept.Contains(line.Id))], overwrite: true);
        }

        return Load();
    }

    /// <summary>Why the keys cannot be used.</summary>
    public static OptionsValidationException Refused(string why) => new(Options.DefaultName, typeof(EncryptionOptions), [why]);

    // Who reads, changes and writes must not meet another who does.
    private SafeFileHandle TakeTurn()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, OwnerOnlyFolder);
        return Posix.Lock($"{path}.lock");
    }

    private KeyLine Line(EncryptionKey key) => new(key.Id, Convert.ToBase64String(key.Value), time.GetUtcNow());

    private IReadOnlyList<KeyLine> Read()
    {
        byte[] json;
        try
        {
            using var file = File.OpenRead(path);
            if ((File.GetUnixFileMode(file.SafeFileHandle) & Others) != UnixFileMode.None)
            {
                throw Refused($"Others than its owner can use the encryption keys {path}. Run: chmod 600 {path}");
            }

            json = new byte[file.Length];
            file.ReadExactly(json);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Refused($"The encryption keys {path} (Claudy:Encryption) cannot be read: {exception.Message}");
        }

        try
        {
            return JsonSerializer.Deserialize(json, KeyFileJson.Default.KeyFile) is { Version: FormatVersion, Keys: { Count: > 0 } lines } ? lines : throw Damaged();
        }
        catch (JsonException)
        {
            throw Damaged();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(json);
        }
    }

    private void Write(IReadOnlyList<KeyLine> lines, bool overwrite)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, OwnerOnlyFolder);
        var draft = $"{path}.{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
        var json = JsonSerializer.SerializeToUtf8Bytes(new KeyFile(FormatVersion, lines), KeyFileJson.Default.KeyFile);
        try
        {
            using (var file = new FileStream(draft, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnlyFile }))
            {
                file.Write(json);
                file.Flush(flushToDisk: true);
            }

            // Whole or not at all. A first file takes the name only if no other process was first; else that one's key is used.
            if (overwrite)
            {
                File.Move(draft, path, overwrite: true);
            }
            else
            {
                Posix.TryLink(draft, path);
            }

            Posix.SyncFolder(Path.GetDirectoryName(path)!);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(json);
            File.Delete(draft);
        }
    }

    private OptionsValidationException Damaged() =>
        Refused($"The encryption keys {path} are damaged, or of a newer version of Claudy. Put the file back from a backup; without one, move it away (Claudy:Encryption): a new key is made, and stored credentials must be given again.");
}

/// <summary>The file's content.</summary>
/// <param name="Version">Of the format.</param>
/// <param name="Keys">The keys, the current one last.</param>
internal sealed record KeyFile(int Version, IReadOnlyList<KeyLine> Keys);

/// <summary>A key in the file.</summary>
internal sealed class KeyLine(string id, string key, DateTimeOffset createdAt)
{
    public string Id { get; } = id;

    /// <summary>The key itself, base64.</summary>
    public string Key { get; } = key;

    public DateTimeOffset CreatedAt { get; } = createdAt;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(KeyFile))]
internal sealed partial class KeyFileJson : JsonSerializerContext;
