using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Shared;

namespace Claudy.Application.Authentication.GitHub;

/// <summary>A sign-in that somebody began and GitHub has yet to send back.</summary>
/// <param name="Verifier">What the challenge was made of; it never leaves for the browser.</param>
/// <param name="RedirectUri">Where GitHub sends the code.</param>
/// <param name="BindingHash">The hash of what only the browser that began has; null where a program began.</param>
internal sealed record PendingGitHubSignIn(Secret Verifier, Uri RedirectUri, string? BindingHash)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private const int Bytes = 32;
    private const string NoBinding = "-";

    /// <summary>What cannot be guessed, safe in a URL and in a cookie: 43 characters.</summary>
    public static string NewText() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>SHA-256 as base64url, as RFC 7636 has it for S256.</summary>
    public static string HashOf(string text) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Keeps it under its state's hash, so that reading the store continues nobody's sign-in.</summary>
    public Task PutAsync(IOneTimeStore store, string state, CancellationToken cancellationToken) =>
        store.PutAsync(KeyOf(state), $"{Verifier.Reveal()} {BindingHash ?? NoBinding} {RedirectUri.AbsoluteUri}", Lifetime, cancellationToken);

    /// <summary>Takes it, once; null when there is none any more.</summary>
    public static async Task<PendingGitHubSignIn?> TakeAsync(IOneTimeStore store, string state, CancellationToken cancellationToken)
    {
        if (await store.TakeAsync(KeyOf(state), cancellationToken) is not { } value)
        {
            return null;
        }

        var parts = value.Split(' ', 3);
        return new PendingGitHubSignIn(new Secret(parts[0]), new Uri(parts[2]), parts[1] == NoBinding ? null : parts[1]);
    }

    /// <summary>Whether who brings the code is who began: the same browser, or a program where a program began.</summary>
    public bool IsBoundTo(string? binding) => BindingHash is null
        ? binding is null
        : binding is not null && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(BindingHash), Encoding.ASCII.GetBytes(HashOf(binding)));

    private static string KeyOf(string state) => $"github:{HashOf(state)}";
}
