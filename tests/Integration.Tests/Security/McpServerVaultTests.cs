using Claudy.Domain.Sessions;
using Claudy.Infrastructure.Security;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Security;

public sealed class McpServerVaultTests
{
    private static readonly SessionId One = new(Guid.NewGuid());

    [Fact]
    public void Find_ShouldGiveAllThatWasKeptToThatSessionAlone()
    {
        var vault = new McpServerVault();
        McpServer[] servers =
        [
            new() { Name = "s", Transport = McpTransport.Stdio, Command = "run", Args = ["a"], Environment = [new("K", "v")], Headers = [] },
            new() { Name = "h", Transport = McpTransport.Sse, Url = "http://h/", Args = [], Environment = [], Headers = [new("X", "y")] },
        ];

        vault.Keep(One, servers);
        var found = vault.Find(One);

        WorkspaceConfiguration.Of([], [], found!, [], []).Digest.ShouldBe(WorkspaceConfiguration.Of([], [], servers, [], []).Digest);
        vault.Find(new SessionId(Guid.NewGuid())).ShouldBeNull();
    }

    [Fact]
    public void Forget_ShouldLeaveNothing()
    {
        var vault = new McpServerVault();
        vault.Keep(One, []);

        vault.Forget(One);
        vault.Forget(One);

        vault.Find(One).ShouldBeNull();
    }
}
