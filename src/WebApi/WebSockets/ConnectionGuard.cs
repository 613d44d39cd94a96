using Claudy.Application.Authentication;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.WebApi.Edge;

namespace Claudy.WebApi.WebSockets;

/// <summary>What a connection is held to, by where it comes from and whose it is.</summary>
/// <param name="address">Where it comes from.</param>
/// <param name="checks">Checks its tokens.</param>
/// <param name="rates">Counts its frames.</param>
/// <param name="revocations">Tells what holds no more.</param>
/// <param name="place">Its place among those of its address that have not signed in; null for one that came with a token.</param>
internal sealed class ConnectionGuard(ClientAddress address, CredentialChecks checks, RequestRates rates, Revocations revocations, IDisposable? place) : IDisposable
{
    /// <summary>Checks a token that came in a frame.</summary>
    public Task<Result<Identity>> CheckTokenAsync(string token, CancellationToken cancellationToken) => checks.CheckTokenAsync(address, token, cancellationToken);

    /// <summary>Whether what let it in was revoked.</summary>
    public bool IsRevoked(Grant grant) => revocations.IsRevoked(grant);

    /// <summary>Counts a frame; an error when it is one too many.</summary>
    public ValueTask<Error?> CountAsync(UserId user, CancellationToken cancellationToken) => rates.CountAsync(user, cancellationToken);

    /// <summary>It has signed in, and gives its place to another.</summary>
    public void SignedIn() => place?.Dispose();

    public void Dispose() => place?.Dispose();
}
