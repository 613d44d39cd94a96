using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Security;

/// <summary>
/// The encryption keys: the current one seals, all of them open. They are the operator's, by setting, or the server's own, in a
/// file of the data folder, which another process may change.
/// </summary>
internal sealed class EncryptionKeyRing
{
    private const string KeySetting = "Claudy:Encryption:Key";
    private const string PreviousSetting = "Claudy:Encryption:PreviousKeys";

    private readonly EncryptionKey? _given;
    private readonly List<EncryptionKey> _previous = [];
    private readonly EncryptionKeyFile? _file;
    private readonly Lock _gate = new();
    private EncryptionKeys _own = EncryptionKeys.None;

    /// <exception cref="OptionsValidationException">A key cannot be used; the message says why and what to do.</exception>
    public EncryptionKeyRing(IOptions<EncryptionOptions> options, IConfiguration configuration, TimeProvider time)
    {
        if (options.Value.Key is { } given && !string.IsNullOrWhiteSpace(given))
        {
            _given = Parse(given, KeySetting);
        }

        foreach (var (index, previous) in options.Value.PreviousKeys.Index())
        {
            _previous.Add(Parse(previous, $"{PreviousSetting}:{index}"));
        }

        if (configuration["Claudy:Data"] is { Length: > 0 } data)
        {
            _file = new EncryptionKeyFile(Path.Combine(data, "keys", "encryption.json"), time);
            _own = _given is null ? _file.LoadOrMake() : _file.Load();
        }
        else if (_given is null)
        {
            throw EncryptionKeyFile.Refused($"{KeySetting} is empty, and there is no data folder (Claudy:Data) to make an encryption key in.");
        }
    }

    /// <summary>The key that seals, as it is now.</summary>
    public EncryptionKey Current
    {
        get
        {
            lock (_gate)
            {
                return _given ?? Reload().Current!;
            }
        }
    }

    /// <summary>The key of that id; null when it is not here.</summary>
    public EncryptionKey? Find(string id)
    {
        lock (_gate)
        {
            return FindKnown(id) ?? (_file is null ? null : Reload().Find(id));
        }
    }

    /// <summary>Makes a new current key, unless the operator gives it.</summary>
    public bool TryRenew()
    {
        lock (_gate)
        {
            if (_given is not null || _file is null)
            {
                return false;
            }

            _own = _file.Add(EncryptionKey.New());
            return true;
        }
    }

    /// <summary>Drops the server's own keys that are neither current nor among these.</summary>
    public IReadOnlyList<string> DropExcept(IReadOnlyCollection<string> inUse)
    {
        lock (_gate)
        {
            if (_file is null)
            {
                return [];
            }

            var before = Reload();
            _own = _file.Keep(key => inUse.Contains(key.Id, StringComparer.Ordinal) || (_given is null && key.Id == before.Current?.Id));
            return [.. before.All.Select(key => key.Id).Where(id => _own.Find(id) is null)];
        }
    }

    private EncryptionKey? FindKnown(string id) =>
        _given?.Id == id ? _given : _previous.Find(key => key.Id == id) ?? _own.Find(id);

    // A file that was taken away comes back: what was sealed with its keys, and still will be, must open after the next start.
    private EncryptionKeys Reload()
    {
        var read = _file!.Load();
        return _own = read.Current is null && _own.Current is not null ? _file.Restore(_own) : read;
    }

    private static EncryptionKey Parse(string text, string setting) => EncryptionKey.TryParse(text, out var key)
        ? key
        : throw EncryptionKeyFile.Refused($"{setting} (ENCRYPTION_KEY) is no encryption key: give {EncryptionKey.Size} bytes as base64 or hexadecimal digits, such as: openssl rand -base64 {EncryptionKey.Size}");
}

/// <summary>Keys as they are in the file.</summary>
/// <param name="All">All of them.</param>
/// <param name="Current">The one that seals; null when there are none.</param>
internal sealed record EncryptionKeys(IReadOnlyList<EncryptionKey> All, EncryptionKey? Current)
{
    public static readonly EncryptionKeys None = new([], null);

    public EncryptionKey? Find(string id) => All.FirstOrDefault(key => key.Id == id);
}
