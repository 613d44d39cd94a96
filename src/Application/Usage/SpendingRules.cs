using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Usage;

namespace Claudy.Application.Usage;

/// <summary>What of a session's settings costs money, judged before it is taken.</summary>
internal sealed class SpendingRules(ModelAllowList models, BudgetSettings budgets)
{
    /// <summary>Whether a session may have that model and that budget.</summary>
    /// <returns>Success; <c>SESSION_023</c> for the model, <c>SESSION_022</c> for a budget of more than its user's.</returns>
    public Result Judge(string? model, Budget? budget)
    {
        if (!models.MayChoose(model))
        {
            return SessionErrors.ModelNotAllowed(model ?? "");
        }

        return budgets.Current.MaxSessionUsd is { } most && budget?.HardUsd > most ? SessionErrors.BudgetNotAllowed(most) : Result.Success();
    }
}
