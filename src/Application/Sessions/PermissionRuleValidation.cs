using FluentValidation;

namespace Claudy.Application.Sessions;

internal static class PermissionRuleValidation
{
    /// <summary>A rule in Claude Code's form, with content that Claudy understands: else it would be shown, and never hold.</summary>
    public static IRuleBuilderOptions<T, string?> PermissionRule<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(text => text is not null && Domain.Sessions.Permissions.PermissionRule.TryParse(text) is not null).WithMessage(
            "A rule is a tool, or one with what of it in parentheses: Bash(git status), Bash(npm run:*), Edit(src/**), Read(//etc/**), "
            + "WebFetch(domain:example.com), mcp__server__tool; for Bash one plain command. "
            + $"Up to {Domain.Sessions.Permissions.PermissionRule.MaxLength} characters.");
}
