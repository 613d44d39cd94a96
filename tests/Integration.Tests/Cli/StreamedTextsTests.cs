using Claudy.WebApi.Cli.Chat;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Cli;

public sealed class StreamedTextsTests
{
    private readonly StreamedTexts _texts = new();

    [Fact]
    public void Complete_WhenAllDeltasWereShown_ShouldAddNothing()
    {
        _texts.Add("m", 0, "Hel");
        _texts.Add("m", 1, "lo");

        _texts.Complete("m", "Hello").Text.ShouldBeEmpty();
    }

    [Fact]
    public void Complete_WhenADeltaWasMissed_ShouldAddTheRest()
    {
        _texts.Add("m", 0, "Hel");
        _texts.Add("m", 2, "world").Text.ShouldBeEmpty();

        _texts.Complete("m", "Hello, world").Text.ShouldBe("lo, world");
    }

    [Fact]
    public void Complete_WhenItIsNotWhatWasShown_ShouldGiveAllOfItAnew()
    {
        _texts.Add("m", 0, "Good");

        var piece = _texts.Complete("m", "Hello");

        piece.ShouldBe(new StreamedTexts.Piece("Hello", BeginsAnew: true));
    }

    [Fact]
    public void Resume_WhenReconnectedInTheMiddle_ShouldGoOnWithoutRepeating()
    {
        _texts.Add("m", 0, "Hel");

        _texts.Resume("m", "Hello, ", 5).Text.ShouldBe("lo, ");
        _texts.Add("m", 4, "again").Text.ShouldBeEmpty();
        _texts.Add("m", 5, "world").Text.ShouldBe("world");
    }
}
