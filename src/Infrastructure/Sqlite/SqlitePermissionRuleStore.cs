using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions.Permissions;
using Claudy.Domain.Users;

namespace Claudy.Infrastructure.Sqlite;

internal sealed class SqlitePermissionRuleStore(SqliteWriter writer, SqliteReaders readers) : IPermissionRuleStore
{
    private const string Allow = "allow";
    private const string Deny = "deny";

    public Task<PermissionRules> FindAsync(UserId user, CancellationToken cancellationToken) =>
        readers.ReadAsync(connection => Find(connection, user), cancellationToken);

    public Task<bool> AddAsync(UserId user, IReadOnlyList<string> rules, PermissionEffect effect, CancellationToken cancellationToken) =>
        writer.WriteAsync(connection => TryAdd(connection, user, rules, effect), cancellationToken);

    public Task<bool> ReplaceAsync(UserId user, string rule, string? newRule, PermissionEffect effect, CancellationToken cancellationToken) =>
        writer.WriteAsync(connection => TryReplace(connection, user, rule, newRule, effect), cancellationToken);

    private static PermissionRules Find(PreparedConnection connection, UserId user)
    {
        var rows = connection.Query(
            "SELECT rule, effect FROM permission_rules WHERE owner = $owner ORDER BY rule_id",
            static row => (Rule: row.GetString(0), Effect: row.GetString(1)),
            ("$owner", user.ToString()));
        return new PermissionRules(
            [.. rows.Where(row => row.Effect == Allow).Select(row => row.Rule)],
            [.. rows.Where(row => row.Effect == Deny).Select(row => row.Rule)]);
    }

    private static bool TryAdd(PreparedConnection connection, UserId user, IReadOnlyList<string> rules, PermissionEffect effect)
    {
        var known = Find(connection, user);
        if (known.Count + rules.Distinct(StringComparer.Ordinal).Count(rule => !known.Contains(rule)) > PermissionRules.Limit)
        {
            return false;
        }

        foreach (var rule in rules)
        {
            Put(connection, user, rule, effect);
        }

        return true;
    }

    private static bool TryReplace(PreparedConnection connection, UserId user, string rule, string? newRule, PermissionEffect effect)
    {
        if (connection.Execute("DELETE FROM permission_rules WHERE owner = $owner AND rule = $rule", ("$owner", user.ToString()), ("$rule", rule)) == 0)
        {
            return false;
        }

        if (newRule is not null)
        {
            Put(connection, user, newRule, effect);
        }

        return true;
    }

    private static void Put(PreparedConnection connection, UserId user, string rule, PermissionEffect effect) =>
        connection.Execute(
            "INSERT INTO permission_rules (owner, rule, effect) VALUES ($owner, $rule, $effect) ON CONFLICT (owner, rule) DO UPDATE SET effect = $effect",
            ("$owner", user.ToString()), ("$rule", rule), ("$effect", effect == PermissionEffect.Allow ? Allow : Deny));
}
