using Claudy.Domain.Users;

namespace Claudy.Application.Users.Ports;

/// <summary>How many connections a user has at once, over all nodes.</summary>
public interface IConnectionLimiter
{
    /// <summary>Counts a connection in until the answer is disposed; null when the user has <paramref name="limit"/> already.</summary>
    Task<IAsyncDisposable?> TryEnterAsync(UserId user, int limit, CancellationToken cancellationToken);
}
