using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Domain.Usage;
using FluentValidation;

namespace Claudy.Application.Sessions;

internal sealed class SessionSettingsValidator : AbstractValidator<SessionSettings>
{
    public const int MaxNameLength = 200;
    public const int MaxModelLength = 100;
    public const int MaxPromptLength = 100_000;
    public const int MaxTools = 200;
    public const int MaxToolLength = 1_000;

    /// <summary>The least that the API takes; below it there is only 0.</summary>
    public const int MinThinkingTokens = 1_024;
    public const int MaxThinkingTokens = 128_000;

    public SessionSettingsValidator()
    {
        RuleFor(s => s.Name).SessionName();
        RuleFor(s => s.Model).ModelName();
        RuleFor(s => s.PermissionMode).IsInEnum();
        RuleFor(s => s.AppendSystemPrompt).MaximumLength(MaxPromptLength)
            .Must(text => text?.Contains('\0', StringComparison.Ordinal) != true).WithMessage("append_system_prompt must not hold a NUL character.");
        RuleFor(s => s.AllowedTools).ToolRules();
        RuleFor(s => s.DisallowedTools).ToolRules();
        RuleFor(s => s.Network).Network();
        RuleFor(s => s.MaxThinkingTokens).ThinkingBudget();
        RuleFor(s => s.Budget).Budget();
    }
}

internal static class SessionRules
{
    public static IRuleBuilderOptions<T, string> SessionName<T>(this IRuleBuilder<T, string> rule) =>
        rule.MaximumLength(SessionSettingsValidator.MaxNameLength)
            .Must(name => !name.Any(char.IsControl)).WithMessage("name must not hold control characters.");

    public static IRuleBuilderOptions<T, string?> ModelName<T>(this IRuleBuilder<T, string?> rule) =>
        rule.MaximumLength(SessionSettingsValidator.MaxModelLength)
            .Matches(@"^[A-Za-z0-9][A-Za-z0-9._:/@\[\]-]*$")
            .WithMessage("model must be a model's name: letters, digits and . _ : / @ [ ] - only.");

    public static IRuleBuilderOptions<T, IReadOnlyList<string>> ToolRules<T>(this IRuleBuilder<T, IReadOnlyList<string>> rule) =>
        rule.Must(tools => tools.Count <= SessionSettingsValidator.MaxTools)
            .WithMessage($"At most {SessionSettingsValidator.MaxTools} tools can be named.")
            .Must(tools => tools.All(IsToolRule))
            .WithMessage("Each tool must be a name or a rule such as Bash(git status), of one line.");

    public static IRuleBuilderOptions<T, NetworkPolicy?> Network<T>(this IRuleBuilder<T, NetworkPolicy?> rule) =>
        rule.Must(network => network is null || Enum.IsDefined(network.Mode)).WithMessage("network must be none, allow_list or open.")
            .Must(network => network is null || NetworkPolicy.WrongWith(network.Hosts) is null)
            .WithMessage((_, network) => $"network.hosts: {NetworkPolicy.WrongWith(network!.Hosts)}");

    public static IRuleBuilderOptions<T, int?> ThinkingBudget<T>(this IRuleBuilder<T, int?> rule) =>
        rule.Must(tokens => tokens is null or 0 or (>= SessionSettingsValidator.MinThinkingTokens and <= SessionSettingsValidator.MaxThinkingTokens))
            .WithMessage($"max_thinking_tokens must be 0, or {SessionSettingsValidator.MinThinkingTokens} to {SessionSettingsValidator.MaxThinkingTokens}.");

    public static IRuleBuilderOptions<T, Budget?> Budget<T>(this IRuleBuilder<T, Budget?> rule) =>
        rule.Must(budget => budget is null || (IsSum(budget.SoftUsd) && IsSum(budget.HardUsd)))
            .WithMessage("soft_usd and hard_usd must be from 0 to 1,000,000,000 US dollars, to the millionth.")
            .Must(budget => budget is not { SoftUsd: { } soft, HardUsd: { } hard } || soft <= hard)
            .WithMessage("soft_usd must not be more than hard_usd.");

    public static IRuleBuilderOptionsConditions<T, IReadOnlyList<McpServer>> McpServers<T>(this IRuleBuilder<T, IReadOnlyList<McpServer>> rule) =>
        rule.Custom((servers, context) =>
        {
            if (servers.Count > McpServer.MaxServers)
            {
                context.AddFailure($"At most {McpServer.MaxServers} MCP servers can be given.");
            }

            // A bad name is not repeated: it may be anything, and long.
            foreach (var problem in servers.Select(s => s.Problem()).OfType<string>().Take(1))
            {
                context.AddFailure($"An MCP server {problem}.");
            }
        });

    private static bool IsSum(decimal? usd) => usd is null or (>= 0 and <= Domain.Usage.Budget.MaxUsd) && (usd is null || Money.Round(usd.Value) == usd);

    // JSON puts null where the type says that there is none.
    private static bool IsToolRule(string? rule) =>
        rule is { Length: > 0 and <= SessionSettingsValidator.MaxToolLength } && !rule.Any(char.IsControl);
}
