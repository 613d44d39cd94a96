using System.Security.Cryptography;
using System.Text;

namespace Claudy.Domain.Sessions;

/// <summary>Remembers that a client's message was accepted, so that sending it again does nothing.</summary>
/// <param name="ClientId">The client's id for it.</param>
/// <param name="MessageId">Claudy's id for it.</param>
/// <param name="Fingerprint">Tells the same message from another one under the same id.</param>
/// <param name="At">When it was accepted.</param>
public sealed record AcceptedMessage(string ClientId, string MessageId, string Fingerprint, DateTimeOffset At)
{
    /// <summary>Remembers a message that has a client id.</summary>
    public static AcceptedMessage Of(ChatMessage message, DateTimeOffset at) =>
        new(message.ClientId!, message.Id, FingerprintOf(message), at);

    /// <summary>A digest of text and images.</summary>
    public static string FingerprintOf(ChatMessage message)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(message.Text));
        foreach (var image in message.Images)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"\0{image.MediaType}\0{image.Data.Length}\0"));
            hash.AppendData(image.Data);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }
}
