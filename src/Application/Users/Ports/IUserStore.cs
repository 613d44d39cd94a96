using Claudy.Domain.Users;

namespace Claudy.Application.Users.Ports;

/// <summary>Users by id and by name.</summary>
public interface IUserStore
{
    /// <summary>One user, or null.</summary>
    Task<User?> FindAsync(UserId id, CancellationToken cancellationToken);

    /// <summary>The user of that name, or null; letters count the same in either case.</summary>
    Task<User?> FindByNameAsync(string username, CancellationToken cancellationToken);

    /// <summary>
    /// The user of that name, made when there is none, with the role of <see cref="User.RoleOf"/>; safe when two ask at once.
    /// </summary>
    Task<User> FindOrAddAsync(string username, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// The user of an account elsewhere as it is now, made when there is none; safe when two ask at once. Whoever else has
    /// the name gives it up for <see cref="User.FormerName"/>: it passed to this account.
    /// </summary>
    /// <param name="seen">The user, with an identity; its id and when it was made count only when there is none of that identity.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<User> RecordAsync(User seen, CancellationToken cancellationToken);
}
