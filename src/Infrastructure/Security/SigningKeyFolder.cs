using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Security;

/// <summary>
/// The keys that the server keeps itself, a file each. The first is <c>jwt-private.pem</c>; later ones bear the moment they
/// were made. The newest signs; an older one verifies for some minutes more, and is then removed.
/// </summary>
internal sealed class SigningKeyFolder(string path, TimeProvider time)
{
    /// <summary>How long a key verifies after the next was made: until its last token has run out, and every process noticed the next.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromMinutes(20);

    private const int NewKeyBits = 3072;
    private const string FirstName = "jwt-private.pem";
    private const string Prefix = "jwt-private-";
    private const string StampFormat = "yyyyMMdd'T'HHmmssfff'Z'";

    private const UnixFileMode OwnerOnlyFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyFolder = OwnerOnlyFile | UnixFileMode.UserExecute;

    /// <summary>Reads the keys; makes the first. Of several processes that start at once, all get the same.</summary>
    /// <exception cref="OptionsValidationException">One cannot be used.</exception>
    /// <exception cref="IOException">None can be made.</exception>
    public SigningKeySet Load()
    {
        if (List() is not [_, ..])
        {
            Make(Path.Combine(path, FirstName));
        }

        var files = List();
        var others = files.Zip(files.Skip(1), (file, next) => (file.Path, Until: next.MadeAt + Retention))
            .Where(file => file.Until > time.GetUtcNow())
            .Select(file => new VerifyingKey(PemKeys.ReadPrivate(file.Path, null), file.Until));
        return new SigningKeySet(PemKeys.ReadPrivate(files[^1].Path, null), [.. others]);
    }

    /// <summary>What tells one state of the folder from another.</summary>
    public string Fingerprint() => string.Join('|', List().Select(file => SigningKeyFiles.Fingerprint(file.Path)));

    /// <summary>How old the newest key is.</summary>
    public TimeSpan Age() => List() is [.., var newest] ? time.GetUtcNow() - newest.MadeAt : TimeSpan.Zero;

    /// <summary>Makes a key that signs from now on.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Add()
    {
        // Never before the newest, whatever the clock says now.
        var newest = List() is [.., var last] ? last.Order.AddMilliseconds(1) : DateTimeOffset.MinValue;
        var now = time.GetUtcNow();
        var stamp = (now > newest ? now : newest).UtcDateTime.ToString(StampFormat, CultureInfo.InvariantCulture);
        Make(Path.Combine(path, $"{Prefix}{stamp}.pem"));
    }

    /// <summary>Removes all keys but the newest.</summary>
    /// <exception cref="IOException">One cannot be removed.</exception>
    public void RemoveOlder() => Remove(List().SkipLast(1));

    /// <summary>Removes the keys whose time is over.</summary>
    /// <exception cref="IOException">One cannot be removed.</exception>
    public void RemoveRetired()
    {
        var files = List();
        Remove(files.Zip(files.Skip(1)).Where(pair => pair.Second.MadeAt + Retention <= time.GetUtcNow()).Select(pair => pair.First));
    }

    private static void Remove(IEnumerable<KeyFile> files)
    {
        foreach (var file in files)
        {
            File.Delete(file.Path);
        }
    }

    // The oldest first.
    private KeyFile[] List() => !Directory.Exists(path)
        ? []
        : [.. Directory.EnumerateFiles(path, "jwt-private*.pem").Select(Recognise).OfType<KeyFile>().OrderBy(file => file.Order)];

    private static KeyFile? Recognise(string file)
    {
        var name = Path.GetFileName(file);
        if (name == FirstName)
        {
            return new KeyFile(file, DateTimeOffset.MinValue, new DateTimeOffset(File.GetLastWriteTimeUtc(file), TimeSpan.Zero));
        }

        return name.StartsWith(Prefix, StringComparison.Ordinal)
            && DateTimeOffset.TryParseExact(
                Path.GetFileNameWithoutExtension(name)[Prefix.Length..], StampFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var madeAt)
            ? new KeyFile(file, madeAt, madeAt)
            : null;
    }

    private static void Make(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, OwnerOnlyFolder);
        var draft = $"{path}.{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
        try
        {
            using (var key = RSA.Create(NewKeyBits))
            using (var file = new FileStream(draft, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = OwnerOnlyFile,
            }))
            {
                file.Write(Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
                file.Flush(flushToDisk: true);
            }

            // Takes the name only if nobody has it: the first process wins, and the others use its key.
            Posix.TryLink(draft, path);
            Posix.SyncFolder(Path.GetDirectoryName(path)!);
        }
        finally
        {
            File.Delete(draft);
        }
    }

    private sealed record KeyFile(string Path, DateTimeOffset Order, DateTimeOffset MadeAt);
}
