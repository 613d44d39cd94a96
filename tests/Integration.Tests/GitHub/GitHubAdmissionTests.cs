using System.Text.Json;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.GitHub;

/// <summary>Who gets in, and as what: judged anew at every sign-in.</summary>
public sealed class GitHubAdmissionTests
{
    private readonly StandInAccount _ada = new(583231, "ada");

    [Theory]
    [InlineData("AllowedLogins:0", "ada", "user")]
    [InlineData("AllowedLogins:0", "ADA", "user")]
    [InlineData("AllowedLogins:0", "id:583231", "user")]
    [InlineData("Admins:0", "ada", "admin")]
    [InlineData("Admins:0", "id:583231", "admin")]
    public async Task SignIn_WhenTheAccountIsNamed_ShouldHaveItsRole(string setting, string value, string role)
    {
        await using var server = await GitHubServer.StartAsync(("AllowedLogins:7", "somebody"), (setting, value));

        var signedIn = await server.SignedInAsync(_ada);

        signedIn.GetProperty("user").GetProperty("role").GetString().ShouldBe(role);
        (await server.ProfileAsync(signedIn)).GetProperty("role").GetString().ShouldBe(role);
        server.GitHub.Requests.ShouldNotContain(path => path.Contains("memberships", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("AllowedLogins:0", "grace")]
    [InlineData("AllowedLogins:0", "id:58323")]
    [InlineData("AllowedOrganizations:0", "ada")]
    public async Task SignIn_WhenTheAccountIsNotNamed_ShouldBeRefused(string setting, string value)
    {
        await using var server = await GitHubServer.StartAsync((setting, value));

        ShouldBeNotAllowed(await server.RefusedAsync(_ada), "ada may not use this server");
    }

    [Fact]
    public async Task SignIn_WhenAnOrganizationHasTheAccount_ShouldWorkAndAskForThatScope()
    {
        await using var server = await GitHubServer.StartAsync(("AllowedOrganizations:0", "other"), ("AllowedOrganizations:1", "Engines"));
        _ada.Memberships["engines"] = "active";
        using var browser = server.OpenBrowser();
        (await browser.BeginAsync()).Query.ShouldContain("read%3Aorg");

        var signedIn = await server.SignedInAsync(_ada);

        signedIn.GetProperty("user").GetProperty("role").GetString().ShouldBe("user");
    }

    [Fact]
    public async Task SignIn_WhenTheAccountIsOnlyInvited_ShouldBeRefused()
    {
        await using var server = await GitHubServer.StartAsync(("AllowedOrganizations:0", "engines"));
        _ada.Memberships["engines"] = "pending";

        ShouldBeNotAllowed(await server.RefusedAsync(_ada), "may not use this server");
    }

    [Fact]
    public async Task SignIn_WhenTheOrganizationHidesItsMembers_ShouldSayWhatHelps()
    {
        await using var server = await GitHubServer.StartAsync(("AllowedOrganizations:0", "engines"));
        _ada.Memberships["engines"] = "active";
        server.GitHub.RestrictedOrganizations.Add("engines");

        ShouldBeNotAllowed(await server.RefusedAsync(_ada), "approve this application");
    }

    [Fact]
    public async Task SignIn_WhenTheScopeWasTakenAway_ShouldBeRefused()
    {
        await using var server = await GitHubServer.StartAsync(("AllowedOrganizations:0", "engines"));
        _ada.Memberships["engines"] = "active";
        server.GitHub.WithheldScopes.Add("read:org");

        ShouldBeNotAllowed(await server.RefusedAsync(_ada), "engines");
    }

    [Fact]
    public async Task SignIn_WhenTheAccountLeftTheOrganization_ShouldBeRefusedTheNextTime()
    {
        await using var server = await GitHubServer.StartAsync(("AllowedOrganizations:0", "engines"));
        _ada.Memberships["engines"] = "active";
        await server.SignedInAsync(_ada);
        _ada.Memberships.Clear();

        ShouldBeNotAllowed(await server.RefusedAsync(_ada), "may not use this server");
    }

    [Fact]
    public async Task SignIn_WhenTheAccountIsNoLongerAnAdmin_ShouldLoseTheRole()
    {
        await using var server = await GitHubServer.StartAsync(("Admins:0", "ada"));
        var before = await server.SignedInAsync(_ada);
        await server.RestartAsync(("AllowedLogins:0", "ada"));

        var after = await server.SignedInAsync(_ada);

        before.GetProperty("user").GetProperty("role").GetString().ShouldBe("admin");
        after.GetProperty("user").GetProperty("role").GetString().ShouldBe("user");
        after.GetProperty("user").GetProperty("id").GetString().ShouldBe(before.GetProperty("user").GetProperty("id").GetString());
    }

    [Fact]
    public async Task SignIn_WhenALoginThatIsNamedPassedToAnotherAccount_ShouldBeRefusedUntilTheNumberIsNamed()
    {
        var taker = new StandInAccount(99, "ada");
        await using var server = await GitHubServer.StartAsync(("Admins:0", "ada"));
        await server.SignedInAsync(_ada);
        _ada.Login = "countess";

        var refused = await server.RefusedAsync(taker);
        await server.RestartAsync(("Admins:0", "id:99"));
        var signedIn = await server.SignedInAsync(taker);

        ShouldBeNotAllowed(refused, "another GitHub account's");
        signedIn.GetProperty("user").GetProperty("role").GetString().ShouldBe("admin");
    }

    private static void ShouldBeNotAllowed(JsonElement problem, string detail)
    {
        problem.GetProperty("code").GetString().ShouldBe("AUTH_009");
        problem.GetProperty("status").GetInt32().ShouldBe(403);
        problem.GetProperty("details").GetProperty("login").GetString().ShouldBe("ada");
        problem.GetProperty("detail").GetString()!.ShouldContain(detail);
    }
}
