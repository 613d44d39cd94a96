using Claudy.Application.Authentication;
using Claudy.Application.Authentication.GitHub;
using Claudy.Domain.Users;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Authentication;

public sealed class UserStandingTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly User Local = new(UserId.New(Now), User.LocalUsername, Now) { Role = UserRole.Admin };
    private static readonly User Ada = new(UserId.New(Now), "ada", Now) { Identity = new ExternalIdentity("github.com", "7") };

    private readonly AdmissionOptions _admission = new();

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, "AUTH_009")]
    public void OfSignIn_WhenTheUserIsTheLocalOne_ShouldGoByWhetherLocalModeIsOn(bool isOn, string? code) =>
        Standing(new SignInMethods(isOn, "github.com")).OfSignIn(Local).Error?.Code.ShouldBe(code);

    [Theory]
    [InlineData("github.com", null)]
    [InlineData("github.example", "AUTH_009")]
    [InlineData(null, "AUTH_009")]
    public void OfSignIn_WhenTheAccountIsListed_ShouldStillGoByWhoVouchesForItNow(string? issuer, string? code)
    {
        _admission.Admins = ["ada", "id:7"];
        _admission.AllowAnyone = true;

        Standing(new SignInMethods(Local: true, issuer)).OfSignIn(Ada).Error?.Code.ShouldBe(code);
        Standing(new SignInMethods(Local: true, issuer)).OfToken(Ada).Error?.Code.ShouldBe(code);
    }

    [Fact]
    public void OfSignIn_WhenTheAccountWasNeverSeenInAnOrganisation_ShouldRefuse()
    {
        _admission.AllowedOrganizations = ["engines"];

        Standing(new SignInMethods(Local: false, "github.com")).OfSignIn(Ada).Error!.Code.ShouldBe("AUTH_009");
        Standing(new SignInMethods(Local: false, "github.com")).OfSignIn(Ada with { MemberSeenAt = Now }).Value.ShouldBe(UserRole.User);
    }

    private UserStanding Standing(SignInMethods methods) => new(Options.Create(_admission), methods, new FakeTimeProvider(Now));
}
