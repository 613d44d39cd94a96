using System.Text.Json;
using Claudy.Domain.Shared;
using Shouldly;
using Xunit;

namespace Claudy.Domain.Tests.Shared;

public sealed class SecretTests
{
    [Fact]
    public void ToString_ShouldShowNothing() => $"{new Secret("a value")}".ShouldBe("***");

    [Fact]
    public void Serialize_ShouldFindNothing() => JsonSerializer.Serialize(new Secret("a value")).ShouldBe("{}");

    [Fact]
    public void Reveal_ShouldGiveTheValue() => new Secret("a value").Reveal().ShouldBe("a value");

    [Fact]
    public void New_WhenEmpty_ShouldThrow() => Should.Throw<ArgumentException>(() => new Secret(" "));
}
