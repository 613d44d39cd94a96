using System.Buffers;
using System.Buffers.Binary;
using Claudy.WebApi.Protocol;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Protocol;

public sealed class FrameArenaTests
{
    [Theory]
    [InlineData(0, 2)]
    [InlineData(125, 2)]
    [InlineData(126, 4)]
    [InlineData(65_535, 4)]
    [InlineData(65_536, 10)]
    [InlineData(1_000_000, 10)]
    public void End_WhateverTheLength_ShouldWriteTheShortestHeader(int length, int header)
    {
        var arena = new FrameArena();

        var frame = Write(arena, length, 7);

        frame.Count.ShouldBe(header + length);
        frame[0].ShouldBe((byte)0x81);
        PayloadLength(frame).ShouldBe(length);
        frame.AsSpan(header).IndexOfAnyExcept((byte)7).ShouldBe(-1);
    }

    [Theory]
    [InlineData(100, 65_536)]
    [InlineData(65_536, 131_072)]
    [InlineData(1_200_000_000, 0x7FFFFFC7)]
    public void ChunkFor_WhateverIsNeeded_ShouldNotOverflow(long needed, int size) => FrameArena.ChunkFor(needed).ShouldBe(size);

    [Fact]
    public void ChunkFor_WhenItIsTooMuch_ShouldSaySo() =>
        Should.Throw<InvalidOperationException>(() => FrameArena.ChunkFor(0x7FFFFFC8L));

    [Fact]
    public void End_WhenFramesFollowEachOther_ShouldPutThemSideBySide()
    {
        var arena = new FrameArena();

        var first = Write(arena, 200, 1);
        var second = Write(arena, 50, 2);
        var third = Write(arena, 300, 3);

        second.Array.ShouldBeSameAs(first.Array);
        second.Offset.ShouldBe(first.Offset + first.Count);
        third.Offset.ShouldBe(second.Offset + second.Count);
    }

    [Fact]
    public void End_WhenManyFramesAreMade_ShouldNeverTouchAnEarlierOne()
    {
        var arena = new FrameArena();

        var frames = Enumerable.Range(0, 2_000).Select(i => Write(arena, (i * 37) % 3_000, (byte)i)).ToList();

        for (var i = 0; i < frames.Count; i++)
        {
            PayloadLength(frames[i]).ShouldBe((i * 37) % 3_000);
            frames[i].AsSpan(frames[i].Count - ((i * 37) % 3_000)).IndexOfAnyExcept((byte)i).ShouldBe(-1);
        }
    }

    [Fact]
    public void Begin_WhenAFrameWasNotEnded_ShouldForgetIt()
    {
        var arena = new FrameArena();
        arena.Begin();
        arena.Write("lost"u8);

        var frame = Write(arena, 3, 9);

        frame.ToArray().ShouldBe([0x81, 3, 9, 9, 9]);
    }

    private static ArraySegment<byte> Write(FrameArena arena, int length, byte value)
    {
        arena.Begin();
        for (var left = length; left > 0; left -= Math.Min(left, 1_000))
        {
            var piece = Math.Min(left, 1_000);
            arena.GetSpan(piece)[..piece].Fill(value);
            arena.Advance(piece);
        }

        return arena.End();
    }

    private static long PayloadLength(ArraySegment<byte> frame) => frame[1] switch
    {
        126 => BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(2)),
        127 => (long)BinaryPrimitives.ReadUInt64BigEndian(frame.AsSpan(2)),
        var length => length,
    };
}
