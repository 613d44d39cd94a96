using Claudy.WebApi.Hosting;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Http;

public sealed class ProcessSecretsTests
{
    [Theory]
    [InlineData("ANTHROPIC_API_KEY")]
    [InlineData("ANTHROPIC_AUTH_TOKEN")]
    [InlineData("ENCRYPTION_KEY")]
    [InlineData("Claudy__Encryption__PreviousKeys__0")]
    [InlineData("Claudy__Claude__ApiKey")]
    [InlineData("GITHUB_CLIENT_SECRET")]
    [InlineData("REDIS_PASSWORD")]
    [InlineData("MONGO_URI")]
    public void IsSecret_WhenTheNameSaysSo_ShouldBeTrue(string name) => ProcessSecrets.IsSecret(name).ShouldBeTrue();

    [Theory]
    [InlineData("JWT_PRIVATE_KEY_PATH")]
    [InlineData("CLAUDY_DATA")]
    [InlineData("PATH")]
    [InlineData("HOME")]
    public void IsSecret_WhenItIsAPathOrNone_ShouldBeFalse(string name) => ProcessSecrets.IsSecret(name).ShouldBeFalse();

    [Theory]
    [InlineData("--Claudy:Claude:ApiKey")]
    [InlineData("--claudy:claude:authtoken=")]
    [InlineData("/Claudy:Encryption:Key=")]
    [InlineData("Claudy__Encryption__PreviousKeys__0=")]
    public void RefuseOn_WhenASecretIsOnTheCommandLine_ShouldSayWhereItBelongsWithoutShowingIt(string argument)
    {
        var secret = Guid.NewGuid().ToString("N");

        var refused = Should.Throw<StartupException>(() => ProcessSecrets.RefuseOn([argument + secret, secret]));

        refused.Message.ShouldContain("Claudy__");
        refused.Message.ShouldNotContain(secret);
    }

    [Fact]
    public void RefuseOn_WhenNoneIs_ShouldLetItPass() =>
        Should.NotThrow(() => ProcessSecrets.RefuseOn(["--urls", "http://127.0.0.1:1", "--Claudy:Claude:BaseUrl", "http://127.0.0.1:2"]));
}
