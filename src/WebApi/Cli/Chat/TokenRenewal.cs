namespace Claudy.WebApi.Cli.Chat;

/// <summary>Signs a connection in anew before its token runs out.</summary>
internal sealed class TokenRenewal(IAccessTokens tokens, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan BeforeExpiry = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    private CancellationTokenSource? _planned;

    /// <summary>Plans it for a connection that has just signed in, in place of what was planned before.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="signedIn">Its <c>auth_success</c>, which says until when the token holds.</param>
    public void Plan(ChatConnection connection, ServerFrame signedIn)
    {
        Dispose();
        if (tokens.CanRenew && signedIn.Time("expires_at") is { } expiresAt)
        {
            _planned = new CancellationTokenSource();
            _ = RenewAtAsync(connection, expiresAt - BeforeExpiry, _planned.Token);
        }
    }

    /// <summary>Does it now.</summary>
    /// <exception cref="ChatException">There is no token.</exception>
    public async Task RenewAsync(ChatConnection connection, CancellationToken cancellationToken) =>
        await connection.TrySendAsync(ClientFrame.Auth(await tokens.GetAsync(cancellationToken)), cancellationToken);

    /// <summary>Nothing is planned any more.</summary>
    public void Dispose()
    {
        _planned?.Cancel();
        _planned?.Dispose();
        _planned = null;
    }

    private async Task RenewAtAsync(ChatConnection connection, DateTimeOffset at, CancellationToken cancellationToken)
    {
        try
        {
            var wait = at - time.GetUtcNow();
            await Task.Delay(wait > Soon ? wait : Soon, time, cancellationToken);
            await RenewAsync(connection, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Another connection, another renewal.
        }
        catch (ChatException)
        {
            // No token now: the server will say auth_expired, and that asks again where the failure is seen.
        }
    }
}
