using Shouldly;
using Xunit;

namespace Claudy.Architecture.Tests;

/// <summary>A client can be written from docs/protocol.md: it names every frame.</summary>
public sealed class DocumentedFramesTests
{
    [Fact]
    public void Frames_WhenTheProgramHasOne_ShouldBeOnThePage()
    {
        var frames = Product.Types().Single(type => type.FullName == "Claudy.WebApi.Protocol.FrameTypes").NestedTypes
            .SelectMany(group => group.Fields)
            .Select(field => (string)field.Constant)
            .ToList();
        var page = string.Join('\n', Documents.Lines("protocol.md"));

        frames.Count.ShouldBeGreaterThan(40);
        frames.Where(frame => !page.Contains($"| `{frame}`", StringComparison.Ordinal) && !page.Contains($"`{frame}` |", StringComparison.Ordinal)).ShouldBeEmpty();
    }
}
