using System.Security.Cryptography;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Infrastructure.Security;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Security;

public sealed class CredentialVaultTests
{
    private static readonly UserId Owner = new(Guid.NewGuid());
    private static readonly UserId Stranger = new(Guid.NewGuid());
    private static readonly SessionId One = new(Guid.NewGuid());
    private static readonly SessionId Other = new(Guid.NewGuid());

    [Fact]
    public void For_ShouldGiveTheSessionsOwnThenItsOwnersThenTheServers()
    {
        var vault = Vault(new CredentialOptions { ApiKey = "the server's" });

        vault.Keep(new CredentialScope(Owner, One), Held("its own"));
        vault.Keep(new CredentialScope(Owner, null), Held("its owner's"));

        vault.For(Owner, One)!.Value.Reveal().ShouldBe("its own");
        vault.For(Owner, Other)!.Value.Reveal().ShouldBe("its owner's");
        vault.For(Stranger, Other)!.Value.Reveal().ShouldBe("the server's");
    }

    [Fact]
    public void Forget_ShouldLeaveNothingOfTheSession()
    {
        var vault = Vault(new CredentialOptions());
        vault.Keep(new CredentialScope(Owner, One), Held("its own"));
        vault.Keep(new CredentialScope(Owner, null), Held("its owner's"));

        vault.Forget(One);
        vault.Forget(One);
        vault.For(Owner, One)!.Value.Reveal().ShouldBe("its owner's");
        vault.Forget(Owner);

        vault.Find(new CredentialScope(Owner, One)).ShouldBeNull();
        vault.Find(new CredentialScope(Owner, null)).ShouldBeNull();
        vault.For(Owner, One).ShouldBeNull();
    }

    [Fact]
    public void Keep_WhenThereIsOneAlready_ShouldReplaceIt()
    {
        var vault = Vault(new CredentialOptions());
        vault.Keep(new CredentialScope(Owner, One), Held("old"));

        vault.Keep(new CredentialScope(Owner, One), Held("new"));

        vault.For(Owner, One)!.Value.Reveal().ShouldBe("new");
    }

    [Fact]
    public void For_WhenAnotherUserAsksForTheSessionsOwn_ShouldNotOpen()
    {
        var vault = Vault(new CredentialOptions());
        vault.Keep(new CredentialScope(Owner, One), Held("its own"));

        Should.Throw<CryptographicException>(() => vault.For(Stranger, One));
    }

    [Fact]
    public void Find_ShouldGiveAllThatIsHeld()
    {
        var vault = Vault(new CredentialOptions());
        var held = new HeldCredential(new ClaudeCredential(ClaudeCredentialKind.OAuthToken, new Secret("a token")), DateTimeOffset.UnixEpoch, IsStored: true);

        vault.Keep(new CredentialScope(Owner, null), held);

        vault.Find(new CredentialScope(Owner, null)).ShouldBe(held);
    }

    [Fact]
    public void For_WhenTheServerHasBoth_ShouldPreferTheBearerTokenAsClaudeCodeDoes()
    {
        var vault = Vault(new CredentialOptions { ApiKey = "a key", AuthToken = "a token" });

        vault.For(Owner, One).ShouldBe(new ClaudeCredential(ClaudeCredentialKind.AuthToken, new Secret("a token")));
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

    private static HeldCredential Held(string value) =>
        new(new ClaudeCredential(ClaudeCredentialKind.ApiKey, new Secret(value)), DateTimeOffset.UnixEpoch, IsStored: false);

    private static CredentialVault Vault(CredentialOptions options, string environment = "Development") =>
        new(Options.Create(options), new HostingEnvironment { EnvironmentName = environment });
}
