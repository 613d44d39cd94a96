using System.Security.Cryptography;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Infrastructure.Security;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Security;

public sealed class CredentialVaultTests
{
    private static readonly SessionId One = new(Guid.NewGuid());
    private static readonly SessionId Other = new(Guid.NewGuid());

    [Fact]
    public void For_WhenTheSessionHasItsOwn_ShouldGiveThatToThatSessionAlone()
    {
        var vault = Vault(new CredentialOptions { ApiKey = "the server's" });

        vault.Keep(One, new Secret("its own"));

        vault.For(One).ShouldBe(new ClaudeCredential(ClaudeCredentialKind.ApiKey, new Secret("its own")));
        vault.For(Other).ShouldBe(new ClaudeCredential(ClaudeCredentialKind.ApiKey, new Secret("the server's")));
        vault.HasOwn(One).ShouldBeTrue();
        vault.HasOwn(Other).ShouldBeFalse();
    }

    [Fact]
    public void Forget_ShouldLeaveNothingOfTheSession()
    {
        var vault = Vault(new CredentialOptions());
        vault.Keep(One, new Secret("its own"));

        vault.Forget(One);
        vault.Forget(One);

        vault.HasOwn(One).ShouldBeFalse();
        vault.For(One).ShouldBeNull();
    }

    [Fact]
    public void Keep_WhenThereIsOneAlready_ShouldReplaceIt()
    {
        var vault = Vault(new CredentialOptions());
        vault.Keep(One, new Secret("old"));

        vault.Keep(One, new Secret("new"));

        vault.For(One)!.Value.Reveal().ShouldBe("new");
    }

    [Fact]
    public void For_WhenTheServerHasBoth_ShouldPreferTheBearerTokenAsClaudeCodeDoes()
    {
        var vault = Vault(new CredentialOptions { ApiKey = "a key", AuthToken = "a token" });

        vault.For(One).ShouldBe(new ClaudeCredential(ClaudeCredentialKind.AuthToken, new Secret("a token")));
    }

    [Theory]
    [InlineData("Development", null, CredentialSource.Demo)]
    [InlineData("Development", false, CredentialSource.None)]
    [InlineData("Production", null, CredentialSource.None)]
    [InlineData("Production", true, CredentialSource.Demo)]
    public void DefaultSource_WhenTheServerHasNone_ShouldBeTheDemoModelOnlyWhereItMay(string environment, bool? demoModel, CredentialSource expected)
    {
        Vault(new CredentialOptions { ApiKey = " ", DemoModel = demoModel }, environment).DefaultSource.ShouldBe(expected);
    }

    [Fact]
    public void DefaultSource_WhenTheServerHasOne_ShouldBeThat()
    {
        Vault(new CredentialOptions { ApiKey = "a key", DemoModel = true }, "Production").DefaultSource.ShouldBe(CredentialSource.Server);
    }

    [Fact]
    public void Open_WhenSealedForSomethingElse_ShouldFail()
    {
        var key = RandomNumberGenerator.GetBytes(32);
        var secret = SealedSecret.Seal(new Secret("its own"), One.ToString(), key);

        secret.Open(One.ToString(), key).Reveal().ShouldBe("its own");
        Should.Throw<CryptographicException>(() => secret.Open(Other.ToString(), key));
        Should.Throw<CryptographicException>(() => secret.Open(One.ToString(), RandomNumberGenerator.GetBytes(32)));
    }

    private static CredentialVault Vault(CredentialOptions options, string environment = "Development") =>
        new(Options.Create(options), new HostingEnvironment { EnvironmentName = environment });
}
