using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Authentication;

/// <summary>How long sign-ins last, under <c>Claudy:Auth</c>.</summary>
public sealed class SignInOptions
{
    /// <summary>Where they are in the configuration.</summary>
    public const string Section = "Claudy:Auth";

    /// <summary>How long a refresh token holds: who does not come back within this signs in again.</summary>
    [Range(typeof(TimeSpan), "00:15:00", "365.00:00:00")]
    public TimeSpan RefreshTokenLifetime { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How far refreshing can carry a sign-in.</summary>
    [Range(typeof(TimeSpan), "00:15:00", "36500.00:00:00")]
    public TimeSpan SignInLifetime { get; set; } = TimeSpan.FromDays(90);

    /// <summary>How many personal access tokens a user may have that did not run out; 0 for none.</summary>
    [Range(0, 10_000)]
    public int MaxPersonalTokensPerUser { get; set; } = 50;
}

[OptionsValidator]
internal sealed partial class SignInOptionsValidator : IValidateOptions<SignInOptions>;
