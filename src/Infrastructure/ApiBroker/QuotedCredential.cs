using System.Buffers;
using System.Text;
using Claudy.Domain.Shared;
using Microsoft.AspNetCore.Http;

namespace Claudy.Infrastructure.ApiBroker;

/// <summary>Some gateways quote the credential in the errors that they answer with; what goes into a sandbox must not hold it.</summary>
internal static class QuotedCredential
{
    /// <summary>No error that anybody wants to read is longer; the rest is left out.</summary>
    private const int MaxErrorBytes = 1024 * 1024;

    private static readonly byte[] Mask = "***"u8.ToArray();

    /// <summary>An error's body with the credential masked; empty when it is encoded, so that it cannot be looked through.</summary>
    public static async Task<byte[]> ReadWithoutAsync(HttpResponseMessage response, Secret credential, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentEncoding.Count > 0)
            return [];
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var body = new ArrayBufferWriter<byte>();
        while (body.WrittenCount < MaxErrorBytes && await stream.ReadAsync(body.GetMemory(), cancellationToken) is var read and > 0)
            body.Advance(read);
        return Without(body.WrittenSpan, Encoding.UTF8.GetBytes(credential.Reveal()));
    }

    /// <summary>Drops the headers that hold the credential, and those that no longer fit the body.</summary>
    public static void RemoveFrom(IHeaderDictionary headers, Secret credential)
    {
        headers.ContentEncoding = default;
        var quoting = headers.Where(header => header.Value.Any(value => value?.Contains(credential.Reveal(), StringComparison.Ordinal) == true));
        foreach (var header in quoting.ToList())
            headers.Remove(header.Key);
    }

    private static byte[] Without(ReadOnlySpan<byte> body, ReadOnlySpan<byte> credential)
    {
        var masked = new ArrayBufferWriter<byte>(Math.Max(1, body.Length));
        for (var found = body.IndexOf(credential); found >= 0; found = body.IndexOf(credential))
        {
            masked.Write(body[..found]);
            masked.Write(Mask);
            body = body[(found + credential.Length)..];
        }

        masked.Write(body);
        return masked.WrittenSpan.ToArray();
    }
}
