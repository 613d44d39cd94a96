using Claudy.Domain.Sessions;
using Shouldly;
using Xunit;
using static Claudy.Domain.Tests.Sessions.SessionFactory;

namespace Claudy.Domain.Tests.Sessions;

public sealed class QueueTests
{
    [Fact]
    public void EditMessage_WhenItWaits_ShouldChangeItsTextAndKeepItsPlaceAndImages()
    {
        var session = Running();
        var image = new ImageAttachment("image/png", [1]);
        session.AcceptMessage(new ChatMessage("second", null, "old", [image]), canStart: true, Now);
        session.AcceptMessage(Message("third"), canStart: true, Now);

        session.EditMessage("second", "new", Now).IsSuccess.ShouldBeTrue();

        session.State.Queue.Select(m => (m.Id, m.Text)).ShouldBe([("second", "new"), ("third", "hello")]);
        session.State.Queue[0].Images.ShouldBe([image]);
    }

    [Fact]
    public void EditMessage_WhenItsTurnBegan_ShouldRefuse() =>
        Running().EditMessage("first", "new", Now).Error!.Code.ShouldBe("SESSION_007");

    [Fact]
    public void EditMessage_WhenTooMuchWouldWait_ShouldRefuseAndChangeNothing()
    {
        var session = Running();
        session.AcceptMessage(Message("second"), canStart: true, Now);

        var refused = session.EditMessage("second", new string('x', (int)(Session.QueueByteLimit / sizeof(char)) + 1), Now);

        refused.Error!.Code.ShouldBe("SESSION_009");
        session.State.Queue.ShouldHaveSingleItem().Text.ShouldBe("hello");
    }

    [Fact]
    public void EditMessage_WhenTheOriginalIsSentAgain_ShouldStillKnowIt()
    {
        var session = Running();
        session.AcceptMessage(Message("second", "old", "c-2"), canStart: true, Now);
        session.EditMessage("second", "new", Now);

        var again = session.AcceptMessage(Message("other", "old", "c-2"), canStart: true, Now);

        again.Value.ShouldBe(new AcceptedAt("second", 1, IsRepeat: true));
    }

    [Fact]
    public void PutFirst_ShouldBeginBeforeTheOthers()
    {
        var session = Running();
        session.AcceptMessage(Message("second"), canStart: true, Now);
        session.AcceptMessage(Message("third"), canStart: true, Now);

        session.PutFirst("third", Now).IsSuccess.ShouldBeTrue();
        session.CompleteTurn("interrupted", default, 0, canStart: true, Now);

        session.State.CurrentTurn!.MessageId.ShouldBe("third");
        session.State.Queue.Select(m => m.Id).ShouldBe(["second"]);
    }

    [Fact]
    public void PutFirst_WhenItIsFirst_ShouldRecordNothing()
    {
        var session = Running();
        session.AcceptMessage(Message("second"), canStart: true, Now);
        session.TakeUncommitted();

        session.PutFirst("second", Now).IsSuccess.ShouldBeTrue();

        session.TakeUncommitted().ShouldBeEmpty();
    }

    [Fact]
    public void CompleteTurn_WhileTheProcessIsBeingEnded_ShouldLeaveTheNextMessageForAnother()
    {
        var session = Running();
        session.AcceptMessage(Message("second"), canStart: true, Now);

        session.CompleteTurn("end_turn", default, 0, canStart: false, Now);
        session.AgentStopped("user_request", Now);

        session.State.Queue.Select(m => m.Id).ShouldBe(["second"]);
        session.State.Status.ShouldBe(SessionStatus.Hibernated);
    }
}
