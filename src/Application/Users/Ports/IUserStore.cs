using Claudy.Domain.Users;

namespace Claudy.Application.Users.Ports;

/// <summary>Users by id and by name.</summary>
public interface IUserStore
{
    /// <summary>One user, or null.</summary>
    Task<User?> FindAsync(UserId id, CancellationToken cancellationToken);

    /// <summary>The user of that name, made when there is none; safe when two ask at once.</summary>
    Task<User> FindOrAddAsync(string username, DateTimeOffset now, CancellationToken cancellationToken);
}
