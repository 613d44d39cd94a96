using System.Text;
using Claudy.Infrastructure.Processes;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Processes;

public sealed class LineReaderTests
{
    [Property(MaxTest = 200)]
    public Property ReadToEnd_WhenChunkedAnyhow_ShouldGiveTheSameLines() => Prop.ForAll(
        Gen.ArrayOf(Gen.Elements("", "a", "{\"type\":\"x\"}", "ä€😀", "x\ry", "\r", new string('z', 700), new string('w', 70_000))).ToArbitrary(),
        Gen.NonEmptyListOf(Gen.OneOf(Gen.Choose(1, 50), Gen.Choose(1000, 100_000))).ToArbitrary(),
        ArbMap.Default.ArbFor<bool>(),
        (lines, chunks, crlf) =>
        {
            var text = string.Concat(lines.Select(line => line + (crlf ? "\r\n" : "\n")));

            var read = LinesOf(text, [.. chunks]);

            // A \r before the \n belongs to the line end.
            return read.SequenceEqual(lines.Select(line => !crlf && line.EndsWith('\r') ? line[..^1] : line));
        });

    [Fact]
    public void ReadToEnd_WhenLastLineHasNoEnd_ShouldGiveItToo() => LinesOf("a\nb", [1]).ShouldBe(["a", "b"]);

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public void ReadToEnd_WhenLinesEndAtReturnsToo_ShouldSplitThere(int chunk)
    {
        List<string> lines = [];
        using var source = new ChunkedStream("1%\r100%, done.\r\nnext\n"u8.ToArray(), [chunk]);

        new LineReader(1000, endsAtReturns: true).ReadToEnd(source, line => lines.Add(Encoding.UTF8.GetString(line.Span))).ShouldBeTrue();

        lines.ShouldBe(["1%", "100%, done.", "", "next"]);
    }

    [Fact]
    public void ReadToEnd_WhenEmpty_ShouldGiveNothing() => LinesOf("", [1]).ShouldBeEmpty();

    [Fact]
    public void ReadToEnd_WhenLinesAreEmpty_ShouldGiveThem() => LinesOf("\n\r\n\n", [2]).ShouldBe(["", "", ""]);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void ReadToEnd_WhenLineIsAsLongAsAllowed_ShouldGiveIt(int chunk) =>
        LinesOf(new string('x', 1000) + "\r\ny\n", [chunk], maxLineBytes: 1000).ShouldBe([new string('x', 1000), "y"]);

    [Theory]
    [InlineData(1, "\n")]
    [InlineData(7, "\r\n")]
    [InlineData(100_000, "\n")]
    [InlineData(100_000, "")]
    public void ReadToEnd_WhenLineIsLonger_ShouldStop(int chunk, string end)
    {
        List<string> lines = [];
        using var source = new ChunkedStream(Encoding.UTF8.GetBytes($"a\n{new string('x', 1001)}{end}b\n"), [chunk]);

        var whole = new LineReader(1000).ReadToEnd(source, line => lines.Add(Encoding.UTF8.GetString(line.Span)));

        whole.ShouldBeFalse();
        lines.ShouldBe(["a"]);
    }

    [Fact]
    public void ReadToEnd_WhenLineIsGiant_ShouldGiveItAndWhatFollows()
    {
        var giant = new string('g', 3 << 20);

        var read = LinesOf($"a\n{giant}\nb\n{giant}\nc\n", [65_536]);

        read.SequenceEqual(["a", giant, "b", giant, "c"]).ShouldBeTrue();
    }

    private static List<string> LinesOf(string text, int[] chunks, int maxLineBytes = 64 << 20)
    {
        List<string> lines = [];
        using var source = new ChunkedStream(Encoding.UTF8.GetBytes(text), chunks);
        new LineReader(maxLineBytes).ReadToEnd(source, line => lines.Add(Encoding.UTF8.GetString(line.Span))).ShouldBeTrue();
        return lines;
    }

    /// <summary>Gives its content in pieces of the given sizes, over and over.</summary>
    private sealed class ChunkedStream(byte[] content, int[] chunks) : MemoryStream(content)
    {
        private int _next;

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, chunks[_next++ % chunks.Length]));
    }
}
