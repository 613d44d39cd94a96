using System.Collections.Concurrent;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions.Permissions;
using Claudy.Domain.Users;

namespace Claudy.Application.Tests.Support;

/// <summary>Users' permission rules in memory.</summary>
internal sealed class InMemoryRules : IPermissionRuleStore
{
    private readonly ConcurrentDictionary<UserId, PermissionRules> _rules = new();

    /// <summary>Makes the store unreachable.</summary>
    public bool IsBroken { get; set; }

    public Task<PermissionRules> FindAsync(UserId user, CancellationToken cancellationToken) =>
        IsBroken ? throw Unavailable() : Task.FromResult(_rules.GetValueOrDefault(user, PermissionRules.None));

    public Task<bool> AddAsync(UserId user, IReadOnlyList<string> rules, PermissionEffect effect, CancellationToken cancellationToken)
    {
        if (IsBroken)
        {
            throw Unavailable();
        }

        _rules[user] = rules.Aggregate(_rules.GetValueOrDefault(user, PermissionRules.None), (all, rule) => all.With(rule, effect));
        return Task.FromResult(true);
    }

    public Task<bool> ReplaceAsync(UserId user, string rule, string? newRule, PermissionEffect effect, CancellationToken cancellationToken)
    {
        var known = _rules.GetValueOrDefault(user, PermissionRules.None);
        if (!known.Contains(rule))
        {
            return Task.FromResult(false);
        }

        _rules[user] = newRule is null ? known.Without(rule) : known.Without(rule).With(newRule, effect);
        return Task.FromResult(true);
    }

    private static StoreUnavailableException Unavailable() => new("away", new IOException("away"));
}
