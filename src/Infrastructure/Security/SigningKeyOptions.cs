using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Security;

/// <summary>The keys of access tokens; section <c>Claudy:Auth</c>.</summary>
public sealed class SigningKeyOptions : IValidatableObject
{
    /// <summary>The section's name.</summary>
    public const string Section = "Claudy:Auth";

    /// <summary>
    /// A PEM file (PKCS#8, encrypted or not, or PKCS#1) with an RSA key of at least 2048 bits that its owner alone can read.
    /// Without one the server keeps its keys itself, in <c>keys</c> of the data folder.
    /// </summary>
    public string? PrivateKeyPath { get; set; }

    /// <summary>What an encrypted <see cref="PrivateKeyPath"/> opens with.</summary>
    public string? PrivateKeyPassphrase { get; set; }

    /// <summary>
    /// A PEM file with public keys, beside <see cref="PrivateKeyPath"/>: the private key's own, and those of earlier ones
    /// whose tokens are still taken.
    /// </summary>
    public string? PublicKeyPath { get; set; }

    /// <summary>How old a key of the server's own grows before it makes the next; 0 for no end.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan RotateKeysAfter { get; set; } = TimeSpan.FromDays(90);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!string.IsNullOrEmpty(PrivateKeyPath))
        {
            yield break;
        }

        if (!string.IsNullOrEmpty(PublicKeyPath))
        {
            yield return new ValidationResult($"{Section}:{nameof(PublicKeyPath)} (JWT_PUBLIC_KEY_PATH) is set, but {Section}:{nameof(PrivateKeyPath)} (JWT_PRIVATE_KEY_PATH) is not: nothing would be signed with that key.");
        }

        if (!string.IsNullOrEmpty(PrivateKeyPassphrase))
        {
            yield return new ValidationResult($"{Section}:{nameof(PrivateKeyPassphrase)} (JWT_PRIVATE_KEY_PASSPHRASE) is set, but {Section}:{nameof(PrivateKeyPath)} (JWT_PRIVATE_KEY_PATH) is not: there is nothing that it opens.");
        }
    }
}

[OptionsValidator]
internal sealed partial class SigningKeyOptionsValidator : IValidateOptions<SigningKeyOptions>;
