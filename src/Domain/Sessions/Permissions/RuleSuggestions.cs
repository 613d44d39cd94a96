namespace Claudy.Domain.Sessions.Permissions;

/// <summary>Rules that "remember" would add for a tool call.</summary>
public static class RuleSuggestions
{
    private const int MaxCommands = 10;

    /// <summary>
    /// Rules that allow this call and as little else as rules can: for Bash the exact words of each of its commands, for other
    /// tools what Claude Code suggests. None when rules cannot say it, or may not.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="fromAgent">What Claude Code suggests, in its form.</param>
    public static IReadOnlyList<string> For(ToolCall call, IReadOnlyList<string> fromAgent)
    {
        IReadOnlyList<string> rules = call.Tool == "Bash" ? OfCommands(call) : [.. fromAgent.Distinct(StringComparer.Ordinal)];
        return PermissionRuleSet.Of(rules, []).Decide(call).Effect == PermissionEffect.Allow ? rules : [];
    }

    private static IReadOnlyList<string> OfCommands(ToolCall call)
    {
        if (call.CommandLine is not { } text || ShellLine.Parse(text) is not { IsPlain: true, Commands: { Count: > 0 and <= MaxCommands } commands })
            return [];
        if (!commands.All(command => command.Words.All(word => word.Literal is not null)))
            return [];
        return [.. commands.Select(command => new PermissionRule("Bash", ShellLine.Quote(command.Words.Select(w => w.Text))).ToString()).Distinct(StringComparer.Ordinal)];
    }
}
