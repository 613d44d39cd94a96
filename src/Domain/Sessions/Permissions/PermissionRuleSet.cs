namespace Claudy.Domain.Sessions.Permissions;

/// <summary>What rules say of a tool call.</summary>
/// <param name="Effect">Allow or deny; null when somebody must be asked.</param>
/// <param name="Rules">The rules that said so, as they were given.</param>
public sealed record PermissionVerdict(PermissionEffect? Effect, IReadOnlyList<string> Rules)
{
    /// <summary>No rule decides.</summary>
    public static PermissionVerdict Ask { get; } = new(null, []);
}

/// <summary>
/// Rules together. A rule that denies beats those that allow; where it cannot be told whether one denies, somebody is asked,
/// whatever is allowed. What only a person can answer, and what Claude Code calls sensitive, no rule allows.
/// </summary>
public sealed class PermissionRuleSet
{
    private readonly IReadOnlyList<PermissionRule> _allowed;
    private readonly IReadOnlyList<PermissionRule> _denied;

    private PermissionRuleSet(IReadOnlyList<PermissionRule> allowed, IReadOnlyList<PermissionRule> denied)
    {
        _allowed = allowed;
        _denied = denied;
    }

    /// <summary>A set of rules in Claude Code's form. One that allows what Claudy does not understand allows nothing; one that denies it makes Claudy ask.</summary>
    public static PermissionRuleSet Of(IEnumerable<string> allowed, IEnumerable<string> denied) => new(
        [.. allowed.Select(PermissionRule.TryParse).OfType<PermissionRule>()],
        [.. denied.Select(PermissionRule.Split).OfType<PermissionRule>()]);

    /// <summary>What the rules say of a call.</summary>
    public PermissionVerdict Decide(ToolCall call)
    {
        if (call.IsQuestion)
            return PermissionVerdict.Ask;

        var line = call.CommandLine is { } command ? ShellLine.Parse(command) : null;
        var isInDoubt = false;
        foreach (var rule in _denied.Where(rule => RuleContents.Concerns(rule, call.Tool)))
        {
            var denies = Denies(rule, call, line);
            if (denies == true)
                return new PermissionVerdict(PermissionEffect.Deny, [rule.ToString()]);
            isInDoubt |= denies is null;
        }

        return isInDoubt || call.IsSensitive ? PermissionVerdict.Ask : Allowing(call, line);
    }

    private static bool? Denies(PermissionRule rule, ToolCall call, ShellLine? line)
    {
        if (rule.Content is null)
            return true;
        if (!RuleContents.Understands(rule))
            return null;
        if (call.Tool != "Bash")
            return RuleContents.Denies(rule, call);
        return line is null ? null : CommandRules.Denies(rule, line);
    }

    private PermissionVerdict Allowing(ToolCall call, ShellLine? line)
    {
        List<PermissionRule> rules = [.. _allowed.Where(rule => RuleContents.Concerns(rule, call.Tool))];
        if (call.Tool == "Bash")
        {
            if (line is null)
                return PermissionVerdict.Ask;
            var used = rules.Find(rule => rule.Content is null) is { } any ? [any] : CommandRules.Allowing(line, rules);
            return used is null ? PermissionVerdict.Ask : Allow(used);
        }

        return rules.Find(rule => RuleContents.Allows(rule, call)) is { } found ? Allow([found]) : PermissionVerdict.Ask;
    }

    private static PermissionVerdict Allow(IReadOnlyList<PermissionRule> rules) =>
        new(PermissionEffect.Allow, [.. rules.Select(rule => rule.ToString())]);
}
