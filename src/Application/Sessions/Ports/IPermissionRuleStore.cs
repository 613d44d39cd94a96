using Claudy.Domain.Sessions.Permissions;
using Claudy.Domain.Users;

namespace Claudy.Application.Sessions.Ports;

/// <summary>The permission rules of users, which hold for all their sessions. A rule is there once, with one effect.</summary>
public interface IPermissionRuleStore
{
    /// <summary>A user's rules, in the order they were added; none when the user has none.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    Task<PermissionRules> FindAsync(UserId user, CancellationToken cancellationToken);

    /// <summary>Adds rules, or gives them another effect; returns when they are safe on disk.</summary>
    /// <returns>False when the user would have more than <see cref="PermissionRules.Limit"/>; then nothing is changed.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task<bool> AddAsync(UserId user, IReadOnlyList<string> rules, PermissionEffect effect, CancellationToken cancellationToken);

    /// <summary>Takes a rule away, and adds another one in the same step where one is given.</summary>
    /// <returns>False when the user has no such rule; then nothing is changed.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task<bool> ReplaceAsync(UserId user, string rule, string? newRule, PermissionEffect effect, CancellationToken cancellationToken);
}
