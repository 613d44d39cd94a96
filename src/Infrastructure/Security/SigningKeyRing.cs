using Claudy.Application.Authentication.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Security;

/// <summary>The keys as this process has them. It reads the files again when they changed, and when a token names a key that it does not know.</summary>
internal sealed partial class SigningKeyRing : ISigningKeys
{
    // Tokens with made-up names must not keep the disk busy.
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(1);

    private readonly SigningKeyFiles _files;
    private readonly TimeProvider _time;
    private readonly ILogger<SigningKeyRing> _logger;
    private readonly Lock _gate = new();
    private volatile SigningKeySet _keys;
    private string _fingerprint;
    private DateTimeOffset _lookedAt;

    /// <exception cref="OptionsValidationException">There is no key that may be used; the message says why and what to do.</exception>
    public SigningKeyRing(SigningKeyFiles files, TimeProvider time, ILogger<SigningKeyRing> logger)
    {
        _files = files;
        _time = time;
        _logger = logger;
        _fingerprint = files.Fingerprint();
        _keys = files.Load();
    }

    /// <summary>The key that signs.</summary>
    public SigningKey Signer => _keys.Signer;

    public IReadOnlyList<PublicSigningKey> Published => [.. Verifying(_keys).Select(key => key.Public)];

    public bool CanRotate => !_files.AreGiven;

    /// <summary>The key of a name, if it verifies now; looks at the files for one that is not known, but not all the time.</summary>
    public SigningKey? Find(string? keyId)
    {
        if (keyId is null)
        {
            return null;
        }

        return FindKnown(keyId) ?? (LookAgain() ? FindKnown(keyId) : null);
    }

    public PublicSigningKey Rotate(bool dropOthers)
    {
        if (_files.AreGiven)
        {
            throw new InvalidOperationException("The operator keeps the keys.");
        }

        lock (_gate)
        {
            var folder = _files.Folder;
            folder.Add();
            if (dropOthers)
            {
                folder.RemoveOlder();
            }
            else
            {
                folder.RemoveRetired();
            }

            Refresh();
            return Signer.Public;
        }
    }

    /// <summary>Reads the files again if they changed; makes and removes keys of the server's own whose time has come.</summary>
    /// <exception cref="OptionsValidationException">One cannot be used; the keys stay as they were.</exception>
    /// <exception cref="IOException">One cannot be written or removed.</exception>
    public void Tend()
    {
        lock (_gate)
        {
            if (!_files.AreGiven)
            {
                var folder = _files.Folder;
                if (_files.RotateAfter > TimeSpan.Zero && folder.Age() >= _files.RotateAfter)
                {
                    folder.Add();
                }

                folder.RemoveRetired();
            }

            Refresh();
        }
    }

    /// <summary>Whether the files, and not the program, are at fault.</summary>
    public static bool IsAboutFiles(Exception exception) => exception is OptionsValidationException or IOException or UnauthorizedAccessException;

    private bool LookAgain()
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            if (now - _lookedAt < LookAgainAfter)
            {
                return false;
            }

            _lookedAt = now;
            try
            {
                return Refresh();
            }
            catch (Exception exception) when (IsAboutFiles(exception))
            {
                LogNotRead(exception);
                return false;
            }
        }
    }

    private bool Refresh()
    {
        var fingerprint = _files.Fingerprint();
        if (fingerprint == _fingerprint)
        {
            return false;
        }

        var before = _keys;
        _keys = _files.AreGiven ? WithFormer(_files.Load(), before) : _files.Load();
        _fingerprint = fingerprint;
        if (_keys.Signer.Id != before.Signer.Id)
        {
            LogSigner(_keys.Signer.Id);
        }

        return true;
    }

    // A file that was replaced is gone; the tokens that it signed are not.
    private SigningKeySet WithFormer(SigningKeySet keys, SigningKeySet before)
    {
        IEnumerable<VerifyingKey> former = before.Signer.Id == keys.Signer.Id ? [] : [new VerifyingKey(before.Signer, _time.GetUtcNow() + SigningKeyFolder.Retention)];
        var kept = former.Concat(before.Others.Where(other => other.Until is not null))
            .Where(other => other.Key.Id != keys.Signer.Id && keys.Others.All(known => known.Key.Id != other.Key.Id));
        return keys with { Others = [.. keys.Others, .. kept] };
    }

    private SigningKey? FindKnown(string keyId) => Verifying(_keys).FirstOrDefault(key => key.Id == keyId);

    private IEnumerable<SigningKey> Verifying(SigningKeySet keys) =>
        keys.Others.Where(other => other.Until is not { } until || until > _time.GetUtcNow()).Select(other => other.Key).Prepend(keys.Signer);

    [LoggerMessage(2305, LogLevel.Information, "Access tokens are signed with key {KeyId} from now on")]
    private partial void LogSigner(string keyId);

    [LoggerMessage(2306, LogLevel.Error, "The signing keys cannot be read again; those that are known stay")]
    private partial void LogNotRead(Exception exception);
}
