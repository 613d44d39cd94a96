using System.ComponentModel.DataAnnotations;
using Claudy.Domain.Usage;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Usage;

/// <summary>
/// Budgets in US dollars, under <c>Claudy:Budgets</c>; what is not set has no limit. Days and months are those of UTC. A change in a
/// settings file holds within seconds.
/// </summary>
public sealed class BudgetOptions : IValidatableObject
{
    /// <summary>Where they are in the configuration.</summary>
    public const string Section = "Claudy:Budgets";

    /// <summary>Soft limit of a session that was given no budget of its own.</summary>
    [Range(0, 1_000_000_000)]
    public decimal? SessionSoftUsd { get; set; }

    /// <summary>Hard limit of a session that was given no budget of its own.</summary>
    [Range(0, 1_000_000_000)]
    public decimal? SessionHardUsd { get; set; }

    /// <summary>Soft limit of each user in a day.</summary>
    [Range(0, 1_000_000_000)]
    public decimal? UserDaySoftUsd { get; set; }

    /// <summary>Hard limit of each user in a day.</summary>
    [Range(0, 1_000_000_000)]
    public decimal? UserDayHardUsd { get; set; }

    /// <summary>Soft limit of each user in a month.</summary>
    [Range(0, 1_000_000_000)]
    public decimal? UserMonthSoftUsd { get; set; }

    /// <summary>Hard limit of each user in a month.</summary>
    [Range(0, 1_000_000_000)]
    public decimal? UserMonthHardUsd { get; set; }

    /// <summary>Soft limit of all users together in a day.</summary>
    [Range(0, 1_000_000_000)]
    public decimal? ServerDaySoftUsd { get; set; }

    /// <summary>Hard limit of all users together in a day.</summary>
    [Range(0, 1_000_000_000)]
    public decimal? ServerDayHardUsd { get; set; }

    /// <summary>Soft limit of all users together in a month.</summary>
    [Range(0, 1_000_000_000)]
    public decimal? ServerMonthSoftUsd { get; set; }

    /// <summary>Hard limit of all users together in a month.</summary>
    [Range(0, 1_000_000_000)]
    public decimal? ServerMonthHardUsd { get; set; }

    /// <summary>The most that a session's own budget may be; null for no bound.</summary>
    internal decimal? MaxSessionUsd => UserMonthHardUsd ?? UserDayHardUsd;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var scope in Enum.GetValues<BudgetScope>())
        {
            if (Of(scope) is { SoftUsd: { } soft, HardUsd: { } hard } && soft > hard)
            {
                yield return new ValidationResult($"{Section}:{scope}SoftUsd is {soft}, which is more than {Section}:{scope}HardUsd, {hard}.");
            }
        }
    }

    internal Budget Of(BudgetScope scope) => scope switch
    {
        BudgetScope.Session => new Budget(SessionSoftUsd, SessionHardUsd),
        BudgetScope.UserDay => new Budget(UserDaySoftUsd, UserDayHardUsd),
        BudgetScope.UserMonth => new Budget(UserMonthSoftUsd, UserMonthHardUsd),
        BudgetScope.ServerDay => new Budget(ServerDaySoftUsd, ServerDayHardUsd),
        _ => new Budget(ServerMonthSoftUsd, ServerMonthHardUsd),
    };
}

[OptionsValidator]
internal sealed partial class BudgetOptionsValidator : IValidateOptions<BudgetOptions>;
