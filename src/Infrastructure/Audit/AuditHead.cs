using System.Security.Cryptography;

namespace Claudy.Infrastructure.Audit;

/// <summary>Where the chain stands.</summary>
/// <param name="Seq">The number of the last record; 0 before the first.</param>
/// <param name="Hash">Its hash, lower-case hexadecimal.</param>
internal readonly record struct AuditHead(long Seq, string Hash)
{
    /// <summary>What the first record follows.</summary>
    public static AuditHead None { get; } = new(0, new string('0', 2 * SHA256.HashSizeInBytes));
}
