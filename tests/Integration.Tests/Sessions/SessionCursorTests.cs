using Claudy.Application.Sessions.Ports;
using Claudy.Integration.Tests.Contracts;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Sessions;

public sealed class SessionCursorTests
{
    [Fact]
    public void Parse_WhenGivenItsOwnText_ShouldGiveTheSamePlace()
    {
        var cursor = new SessionCursor(TestSessions.Now, TestSessions.NewId());

        SessionCursor.Parse(cursor.ToString()).ShouldBe(cursor);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("_")]
    [InlineData("1f")]
    [InlineData("ffffffffffffffff_00000000-0000-0000-0000-000000000000")]
    [InlineData("7fffffffffffffff_00000000-0000-0000-0000-000000000000")]
    [InlineData("1f_no-id")]
    [InlineData("1f_00000000-0000-0000-0000-000000000000_1")]
    public void TryParse_WhenTheTextIsNoCursor_ShouldBeFalse(string? text) =>
        SessionCursor.TryParse(text, out _).ShouldBeFalse();
}
