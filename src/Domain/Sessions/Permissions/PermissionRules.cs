namespace Claudy.Domain.Sessions.Permissions;

/// <summary>Rules that somebody keeps, each either among those that allow or among those that deny, in the order they were added.</summary>
/// <param name="Allowed">Rules that allow, in Claude Code's form.</param>
/// <param name="Denied">Rules that deny.</param>
public sealed record PermissionRules(IReadOnlyList<string> Allowed, IReadOnlyList<string> Denied)
{
    /// <summary>How many rules one session, and one user, may have.</summary>
    public const int Limit = 500;

    /// <summary>No rules.</summary>
    public static PermissionRules None { get; } = new([], []);

    /// <summary>How many there are.</summary>
    public int Count => Allowed.Count + Denied.Count;

    /// <summary>Whether there is a rule, whatever its effect.</summary>
    public bool Contains(string rule) => Allowed.Contains(rule, StringComparer.Ordinal) || Denied.Contains(rule, StringComparer.Ordinal);

    /// <summary>The same with one rule more, or with another effect of it.</summary>
    public PermissionRules With(string rule, PermissionEffect effect)
    {
        var others = Without(rule);
        return effect == PermissionEffect.Allow
            ? others with { Allowed = [.. others.Allowed, rule] }
            : others with { Denied = [.. others.Denied, rule] };
    }

    /// <summary>The same without a rule.</summary>
    public PermissionRules Without(string rule) => new([.. Allowed.Where(r => r != rule)], [.. Denied.Where(r => r != rule)]);
}
