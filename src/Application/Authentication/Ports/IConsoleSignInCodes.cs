namespace Claudy.Application.Authentication.Ports;

/// <summary>
/// Sign-in codes that a command on the machine itself made for the server that runs there: what the two processes share is the data
/// folder. Codes are kept by their hashes.
/// </summary>
public interface IConsoleSignInCodes
{
    /// <summary>Keeps a code until it is taken or runs out.</summary>
    /// <param name="hash">The code's hash, as lower-case hexadecimal.</param>
    /// <param name="expiresAt">Until when it holds.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task PutAsync(string hash, DateTimeOffset expiresAt, CancellationToken cancellationToken);

    /// <summary>Takes a code; of two that try, one gets it.</summary>
    /// <returns>Whether it was there and held.</returns>
    Task<bool> TakeAsync(string hash, CancellationToken cancellationToken);
}
