using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Claudy.Application.Credentials;

/// <summary>At the start, removes what a server that died left of ended sessions, and tells of stored credentials that cannot be opened.</summary>
internal sealed partial class StoredCredentialCheck(ICredentialSealer sealer, ISealedCredentialStore store, ILogger<StoredCredentialCheck> logger)
    : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // A wrong key stops the start here, and not a user's session later.
        LogSealing(sealer.CurrentKeyId);
        try
        {
            await store.DeleteOrphansAsync(cancellationToken);
            foreach (var (keyId, count) in await store.CountByKeyAsync(cancellationToken))
            {
                if (!sealer.Knows(keyId))
                {
                    LogLost(count, keyId);
                }
            }
        }
        catch (StoreUnavailableException exception)
        {
            LogNotChecked(exception);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(2352, LogLevel.Debug, "Stored credentials are sealed under encryption key {KeyId}")]
    private partial void LogSealing(string keyId);

    [LoggerMessage(2353, LogLevel.Error, "{Count} stored credentials need encryption key {KeyId}, which is not here: put it back (keys/encryption.json in the data folder, ENCRYPTION_KEY or Claudy:Encryption:PreviousKeys), or their owners must give them again")]
    private partial void LogLost(int count, string keyId);

    [LoggerMessage(2354, LogLevel.Warning, "Stored credentials could not be looked over; the next start tries again")]
    private partial void LogNotChecked(Exception exception);
}
