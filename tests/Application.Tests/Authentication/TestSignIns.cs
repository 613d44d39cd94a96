using Claudy.Application.Authentication;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Users;
using NSubstitute;

namespace Claudy.Application.Tests.Authentication;

/// <summary><see cref="SignIns"/> with stand-ins around it.</summary>
internal sealed class TestSignIns
{
    public TestSignIns(TimeProvider time)
    {
        Store.ListRevokedAsync(default, default).ReturnsForAnyArgs([]);
        Store.RevokeAllAsync(default, default, default).ReturnsForAnyArgs([]);
        PersonalTokens.ListRevokedAsync(default, default).ReturnsForAnyArgs([]);
        PersonalTokens.RevokeAllAsync(default, default, default).ReturnsForAnyArgs([]);
        Revocations = new Revocations([Connections], time);
        SignIns = new SignIns(Store, PersonalTokens, Tokens, Revocations, Microsoft.Extensions.Options.Options.Create(Options), time);
    }

    public IRefreshTokenStore Store { get; } = Substitute.For<IRefreshTokenStore>();

    public IPersonalTokenStore PersonalTokens { get; } = Substitute.For<IPersonalTokenStore>();

    public ITokenIssuer Tokens { get; } = Substitute.For<ITokenIssuer>();

    public SignInOptions Options { get; } = new();

    public OpenConnections Connections { get; } = new();

    public Revocations Revocations { get; }

    public SignIns SignIns { get; }

    /// <summary>Remembers what it was told to close.</summary>
    internal sealed class OpenConnections : IOpenConnections
    {
        public List<Grant> Closed { get; } = [];

        public void Close(Grant revoked) => Closed.Add(revoked);
    }
}
