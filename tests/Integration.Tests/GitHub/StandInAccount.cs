namespace Claudy.Integration.Tests.GitHub;

/// <summary>An account at the stand-in. Its number stays; everything else can change.</summary>
internal sealed class StandInAccount(long id, string login)
{
    public long Id => id;

    public string Login { get; set; } = login;

    public string? Name { get; set; }

    public List<(string Email, bool Primary, bool Verified)> Emails { get; } = [];

    /// <summary>Organisations by name, with <c>active</c> or <c>pending</c>.</summary>
    public Dictionary<string, string> Memberships { get; } = new(StringComparer.OrdinalIgnoreCase);
}
