using System.Text.Json;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Tests.Support;
using Claudy.Domain.Sessions;
using Claudy.Domain.Users;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Sessions;

public sealed class SearchHistoryTests
{
    [Theory]
    [InlineData("", 20, null, "query")]
    [InlineData("  \t ", 20, null, "query")]
    [InlineData("-- \" * ()", 20, null, "query")]
    [InlineData("word", 0, null, "limit")]
    [InlineData("word", 101, null, "limit")]
    [InlineData("word", 20, "nonsense", "cursor")]
    [InlineData("word", 20, "8de_00000000-0000-0000-0000-000000000000_-1", "cursor")]
    public async Task Search_WhenAFieldIsWrong_ShouldNameIt(string query, int limit, string? cursor, string field)
    {
        await using var node = await Node.StartAsync();

        var refused = await node.SendAsync(new SearchHistory(Node.Owner, null, query, limit, cursor));

        refused.Error.ShouldNotBeNull().Code.ShouldBe("WS_005");
        refused.Error.Details["field"].ShouldBe(field);
    }

    [Fact]
    public async Task Search_WhenTheQueryIsTooLong_ShouldBeRefused()
    {
        await using var node = await Node.StartAsync();

        (await node.SendAsync(new SearchHistory(Node.Owner, null, new string('x', 201), 20, null))).Error.ShouldNotBeNull().Code.ShouldBe("WS_005");
    }

    [Fact]
    public async Task Search_WhenTheSessionIsAnotherUsers_ShouldLookLikeAMissingOne()
    {
        await using var node = await Node.StartAsync();
        var session = await node.CreateSessionAsync();

        var refused = await node.SendAsync(new SearchHistory(UserId.New(DateTimeOffset.UnixEpoch), session, "word", 20, null));

        refused.Error.ShouldNotBeNull().Code.ShouldBe("SESSION_002");
    }

    [Theory]
    [InlineData("one two", "one|two")]
    [InlineData("  one\ttwo\n", "one|two")]
    [InlineData("a\0b", "a|b")]
    [InlineData("a -- \"b\"", "a|\"b\"")]
    public void Terms_ShouldBeWhatWhiteSpaceSeparates(string query, string expected) =>
        string.Join('|', SearchTerms.Of(query)).ShouldBe(expected);

    [Fact]
    public void Cursor_WhenItIsWrittenAndRead_ShouldBeTheSame()
    {
        var cursor = new SearchCursor(DateTimeOffset.UnixEpoch.AddTicks(123), SessionId.New(DateTimeOffset.UnixEpoch), 42);

        SearchCursor.TryParse(cursor.ToString(), out var read).ShouldBeTrue();
        read.ShouldBe(cursor);
    }

    [Fact]
    public void SearchableText_OfATool_ShouldBeItsNameAndWhatItWorksOn()
    {
        var tool = new ToolUsed("t", "Write", JsonSerializer.SerializeToElement(new { file_path = "/workspace/a.txt", content = "the content", command = 7 }), null);

        SearchableText.Of(tool).ShouldBe(new SearchableText(SearchableKind.ToolUse, "Write\n/workspace/a.txt"));
        SearchableText.Of(tool with { Input = JsonSerializer.SerializeToElement("no object") }).ShouldBe(new SearchableText(SearchableKind.ToolUse, "Write"));
    }

    [Fact]
    public void SearchableText_WhenItIsLongOrHasControls_ShouldBeCutBetweenCharactersAndCleaned()
    {
        var text = $"{new string('x', SearchableText.MaxLength - 1)}😀";

        Of(text).ShouldBe(new string('x', SearchableText.MaxLength - 1));
        Of("a\0b\u0001c\td\r\n").ShouldBe("a b c\td\r\n");
        SearchableText.Of(new AssistantText("m", " \n", false, null)).ShouldBeNull();

        static string Of(string text) => SearchableText.Of(new AssistantText("m", text, false, null))!.Value.Text;
    }
}
