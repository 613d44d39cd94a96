using Claudy.Application.Usage.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Usage;

internal static class UsageRegistration
{
    public static void AddUsage(this IServiceCollection services)
    {
        services.AddSingleton<IValidateOptions<UsageOptions>, UsageOptionsValidator>();
        services.AddOptions<UsageOptions>().BindConfiguration(UsageOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<BudgetOptions>, BudgetOptionsValidator>();
        services.AddOptions<BudgetOptions>().BindConfiguration(BudgetOptions.Section).ValidateOnStart();
        services.AddOptions<ModelOptions>().BindConfiguration(ModelOptions.Section);
        services.AddSingleton<ModelAllowList>();
        services.AddSingleton<BudgetSettings>();
        services.AddSingleton<SpendingRules>();
        services.AddSingleton<BudgetLedger>();
        services.AddSingleton<RequestMeter>();
        services.AddSingleton<IRequestMeter>(provider => provider.GetRequiredService<RequestMeter>());
        services.AddSingleton<UsageJournal>();
        services.AddHostedService(provider => provider.GetRequiredService<UsageJournal>());
    }
}
