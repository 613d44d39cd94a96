namespace Claudy.Infrastructure.Security;

/// <summary>The keys that seal what is stored; section <c>Claudy:Encryption</c>.</summary>
public sealed class EncryptionOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Claudy:Encryption";

    /// <summary>The key that seals: 32 bytes as base64 or hexadecimal. Without one, keys are made and kept in <c>keys/encryption.json</c> of the data folder.</summary>
    public string? Key { get; set; }

    /// <summary>Keys that only open, until <c>claudy keys rotate-encryption</c> has sealed everything under the current one.</summary>
    public string[] PreviousKeys { get; set; } = [];
}
