using Claudy.Domain.Sessions;
using Shouldly;
using Xunit;
using static Claudy.Domain.Tests.Sessions.SessionFactory;

namespace Claudy.Domain.Tests.Sessions;

public sealed class TakingBackTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void CanTakeBack_WhenTheTurnIsThere_ShouldAllow(long turn)
    {
        WithTurns(3).CanTakeBack(turn).IsSuccess.ShouldBeTrue();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void CanTakeBack_WhenThereIsNoSuchTurn_ShouldRefuse(long turn)
    {
        WithTurns(3).CanTakeBack(turn).Error!.Code.ShouldBe("SESSION_018");
    }

    [Fact]
    public void CanTakeBack_WhenItIsTakenBackAlready_ShouldRefuse()
    {
        var session = WithTurns(3);
        session.Record(new ConversationRewound(2, 5, true, [], null), Now);

        session.CanTakeBack(3).Error!.Code.ShouldBe("SESSION_018");
        session.CanTakeBack(2).Error!.Code.ShouldBe("SESSION_018");
        session.CanTakeBack(1).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public void CanTakeBack_WhenClaudeWorks_ShouldRefuse()
    {
        Running().CanTakeBack(1).Error!.Code.ShouldBe("SESSION_019");
    }

    [Fact]
    public void CanTakeBack_WhenAMessageWaits_ShouldRefuse()
    {
        var session = WithTurns(1);
        session.AcceptMessage(Message("waits"), canStart: false, Now);

        session.CanTakeBack(1).Error!.Code.ShouldBe("SESSION_019");
    }

    [Fact]
    public void CanTakeBack_WhenTerminated_ShouldRefuse()
    {
        var session = WithTurns(1);
        session.Terminate("user_request", Now);

        session.CanTakeBack(1).Error!.Code.ShouldBe("SESSION_004");
    }

    [Fact]
    public void Rewound_ShouldForgetTheTranscriptAndNumberTurnsOn()
    {
        var session = WithTurns(3);
        session.Record(new AgentSessionChanged(Guid.NewGuid()), Now);

        session.Record(new ConversationRewound(2, 5, true, [], null), Now);
        session.AcceptMessage(Message("next"), canStart: true, Now);
        session.CompleteTurn("end_turn", default, 0, true, Now);
        session.Record(new ConversationRewound(1, 2, true, [], null), Now);

        session.State.AgentSessionId.ShouldBeNull();
        session.State.TurnCount.ShouldBe(4);
        session.State.TakenBack.ShouldBe([new TurnRange(1, 4)]);
    }

    private static Session WithTurns(int count)
    {
        var session = Idle();
        for (var i = 1; i <= count; i++)
        {
            session.AcceptMessage(Message($"m{i}"), canStart: true, Now);
            session.CompleteTurn("end_turn", default, 0, true, Now);
        }

        return session;
    }
}
