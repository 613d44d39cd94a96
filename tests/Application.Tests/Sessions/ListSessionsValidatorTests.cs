using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Users;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Sessions;

public sealed class ListSessionsValidatorTests
{
    [Fact]
    public void Validate_WhenTheCursorIsOfNoList_ShouldRefuseIt() =>
        new ListSessionsValidator().Validate(Request("nonsense")).Errors.ShouldHaveSingleItem().PropertyName.ShouldBe("Cursor");

    [Fact]
    public void Validate_WhenTheCursorIsOfAList_ShouldTakeIt() =>
        new ListSessionsValidator().Validate(Request(SessionCursor.Start.ToString())).IsValid.ShouldBeTrue();

    [Fact]
    public void Validate_WhenThereIsNoCursor_ShouldTakeIt() =>
        new ListSessionsValidator().Validate(Request(null)).IsValid.ShouldBeTrue();

    private static ListSessions Request(string? cursor) => new(default(UserId), null, null, 10, cursor);
}
