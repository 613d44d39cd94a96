using Claudy.Infrastructure.Sandbox;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Sandbox;

public sealed class ResourceLimitsTests
{
    private const string ProcLimits =
        """
        Limit                     Soft Limit           Hard Limit           Units
        Max file size             unlimited            unlimited            bytes
        Max processes             2048                 4096                 processes
        Max open files            1024                 4096                 files
        """;

    [Fact]
    public void Within_WhenTheServerHasLess_ShouldLower() =>
        new ResourceLimits(5000, 65536, 1 << 20).Within(ProcLimits).ShouldBe(new ResourceLimits(4096, 4096, 1 << 20));

    [Fact]
    public void Within_WhenTheServerHasMore_ShouldKeep() =>
        new ResourceLimits(null, 1000, null).Within(ProcLimits).ShouldBe(new ResourceLimits(null, 1000, null));
}
