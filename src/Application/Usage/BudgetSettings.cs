using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Usage;

/// <summary>The budgets of now. A settings file that became invalid changes nothing: what held before goes on to hold, and the log says so.</summary>
internal sealed partial class BudgetSettings(IOptionsMonitor<BudgetOptions> options, ILogger<BudgetSettings> logger)
{
    private volatile BudgetOptions _lastValid = options.CurrentValue;
    private volatile bool _isInvalid;

    /// <summary>What the settings say, or said when they could last be used.</summary>
    public BudgetOptions Current
    {
        get
        {
            try
            {
                _lastValid = options.CurrentValue;
                if (_isInvalid)
                {
                    _isInvalid = false;
                    LogValid();
                }
            }
            catch (Exception exception) when (exception is OptionsValidationException or InvalidOperationException)
            {
                // Once a change; it is thrown at every look until the next one.
                if (!_isInvalid)
                {
                    _isInvalid = true;
                    LogInvalid(exception);
                }
            }

            return _lastValid;
        }
    }

    [LoggerMessage(2140, LogLevel.Error, "The budgets of the changed settings cannot be used; those from before go on to hold")]
    private partial void LogInvalid(Exception exception);

    [LoggerMessage(2141, LogLevel.Information, "The budgets of the settings can be used again")]
    private partial void LogValid();
}
