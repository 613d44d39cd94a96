using System.Text.RegularExpressions;
using Claudy.Domain.Users;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Authentication.GitHub;

/// <summary>Who may sign in with GitHub, under <c>Claudy:GitHub</c>. Nobody who is not named.</summary>
public sealed class AdmissionOptions
{
    /// <summary>Where they are in the configuration.</summary>
    public const string Section = "Claudy:GitHub";

    /// <summary>Admins: logins, or accounts by number as <c>id:583231</c>, which nobody else can come to bear.</summary>
    public string[] Admins { get; set; } = [];

    /// <summary>Users, in the same form.</summary>
    public string[] AllowedLogins { get; set; } = [];

    /// <summary>Organisations all of whose members are users.</summary>
    public string[] AllowedOrganizations { get; set; } = [];

    /// <summary>Whether everybody with an account may sign in.</summary>
    public bool AllowAnyone { get; set; }

    /// <summary>How long a sign-in can be refreshed that nothing but a membership speaks for; then GitHub is asked anew. More than zero.</summary>
    public TimeSpan MembershipHolds { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How long personal access tokens work after their owner last signed in, where nothing but a membership speaks for them. More than zero.
    /// </summary>
    public TimeSpan MembershipHoldsForTokens { get; set; } = TimeSpan.FromDays(30);

    /// <summary>What is put behind a login that is the local user's name.</summary>
    internal const string ProviderName = "github";

    /// <summary>Whether a list names an account by its number.</summary>
    internal static bool HasNumber(string[] entries, ExternalIdentity identity) => entries.Contains($"id:{identity.Subject}", StringComparer.Ordinal);
}

/// <summary>Every entry must be a login, a number or an organisation's name: a slip would keep people out, or let others in.</summary>
internal sealed partial class AdmissionOptionsValidator : IValidateOptions<AdmissionOptions>
{
    public ValidateOptionsResult Validate(string? name, AdmissionOptions options)
    {
        var wrong = WrongAccounts(nameof(options.Admins), options.Admins)
            .Concat(WrongAccounts(nameof(options.AllowedLogins), options.AllowedLogins))
            .Concat(options.AllowedOrganizations.Where(entry => !Login().IsMatch(entry)).Select(entry =>
                $"{AdmissionOptions.Section}:{nameof(options.AllowedOrganizations)} has '{entry}', which is no organisation's name."))
            .ToList();
        if (options.MembershipHolds <= TimeSpan.Zero)
        {
            wrong.Add($"{AdmissionOptions.Section}:{nameof(options.MembershipHolds)} must be more than zero.");
        }

        if (options.MembershipHoldsForTokens <= TimeSpan.Zero)
        {
            wrong.Add($"{AdmissionOptions.Section}:{nameof(options.MembershipHoldsForTokens)} must be more than zero.");
        }

        return wrong.Count > 0 ? ValidateOptionsResult.Fail(wrong) : ValidateOptionsResult.Success;
    }

    private static IEnumerable<string> WrongAccounts(string setting, string[] entries) =>
        entries.Where(entry => !Account().IsMatch(entry)).Select(entry =>
            $"{AdmissionOptions.Section}:{setting} has '{entry}', which is neither a GitHub login nor an account's number such as id:583231.");

    [GeneratedRegex("^[A-Za-z0-9_-]{1,50}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Login();

    [GeneratedRegex("^([A-Za-z0-9_-]{1,50}|id:[1-9][0-9]{0,18})$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Account();
}
