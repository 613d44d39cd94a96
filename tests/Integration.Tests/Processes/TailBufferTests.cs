using System.Text;
using Claudy.Infrastructure.Processes;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Processes;

public sealed class TailBufferTests
{
    [Fact]
    public void ToString_WhenLittleWasWritten_ShouldGiveAll() => Tail("little", 16).ShouldBe("little");

    [Fact]
    public void ToString_WhenExactlyFull_ShouldGiveAll() => Tail("0123456789abcdef", 16).ShouldBe("0123456789abcdef");

    [Fact]
    public void ToString_WhenMoreWasWritten_ShouldGiveTheEnd() => Tail(new string('x', 5000) + "the end", 16).ShouldBe("xxxxxxxxxthe end");

    [Fact]
    public void ToString_WhenCutWithinACharacter_ShouldLeaveItOut() => Tail("€€€€", 10).ShouldBe("€€€");

    private static string Tail(string text, int capacity)
    {
        var tail = new TailBuffer(capacity);
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        tail.ReadToEnd(stream);
        return tail.ToString();
    }
}
