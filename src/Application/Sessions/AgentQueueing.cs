using Claudy.Application.Sessions.Admission;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;

namespace Claudy.Application.Sessions;

/// <summary>One session's side of <see cref="AgentAdmission"/>: brings what it says onto the session's loop. Runs on that loop only.</summary>
internal sealed class AgentQueueing(Session session, SessionOutbox outbox, AgentAdmission admission, ISessionLoop loop) : IPlaceHolder
{
    private AgentPlace? _place;
    private Action? _admitted;
    private FeedItem.QueuePosition? _position;

    /// <summary>Whether the session waits in line.</summary>
    public bool IsWaiting => _admitted is not null;

    /// <summary>Called on the loop when the place is wanted by others; ends the process if it is idle still.</summary>
    public Action? AskedToYield { get; set; }

    /// <summary>Asks for a place among the node's processes.</summary>
    /// <param name="mayWait">Whether it waits in line when there is none.</param>
    /// <param name="admitted">Runs when the wait is over.</param>
    public Admittance Enter(bool mayWait, Action admitted)
    {
        _admitted = admitted;
        var place = admission.Enter(session.Owner, mayWait, this);
        if (place is null)
        {
            _admitted = null;
            return Admittance.Refused;
        }

        _place = place;
        if (place.State == PlaceState.Waiting)
        {
            return Admittance.InLine;
        }

        _admitted = null;
        return Admittance.Granted;
    }

    /// <summary>The process answers.</summary>
    public void Started()
    {
        if (_place is { } place)
        {
            admission.Started(place);
        }
    }

    /// <summary>The process is gone, or nothing is waited for any more.</summary>
    public void Leave()
    {
        if (_place is { } place)
        {
            admission.Leave(place);
        }

        (_place, _admitted, _position) = (null, null, null);
    }

    /// <summary>Lets the node know whether the process could make room for another one.</summary>
    public void ReportIdle()
    {
        if (_place is { } place)
        {
            place.IdleSince = session.State.Status == SessionStatus.Idle ? session.LastActivityAt : null;
        }
    }

    /// <summary>Tells the place in the line to who has just begun to watch.</summary>
    public void TellPosition()
    {
        if (_position is { } position)
        {
            outbox.Add(position);
        }
    }

    void IPlaceHolder.OnAdmitted(AgentPlace place) => Post(place, () =>
    {
        var admitted = _admitted;
        (_admitted, _position) = (null, null);
        admitted?.Invoke();
    });

    void IPlaceHolder.OnMoved(AgentPlace place, int waiting) => Post(place, () =>
    {
        if (IsWaiting)
        {
            // The news of two threads can overtake each other; the place itself knows the newest.
            _position = new FeedItem.QueuePosition(place.ToldPosition, waiting);
            outbox.Add(_position);
        }
    });

    void IPlaceHolder.OnAskedToYield(AgentPlace place) => Post(place, () =>
    {
        if (session.State is { Status: SessionStatus.Idle, Queue.Count: 0 })
        {
            AskedToYield?.Invoke();
        }
        else
        {
            admission.KeptAfterAll(place);
        }
    });

    // A place that was left by the time the loop gets there means nothing any more. Not awaited: the news of one session must not
    // wait for another's full inbox.
    private void Post(AgentPlace place, Action act) => _ = loop.PostAsync(() =>
    {
        if (ReferenceEquals(place, _place))
        {
            act();
        }
    });
}

/// <summary>What became of the wish for a place.</summary>
internal enum Admittance
{
    /// <summary>The process may be started.</summary>
    Granted,

    /// <summary>It waits.</summary>
    InLine,

    /// <summary>There is no place, and it does not wait.</summary>
    Refused,
}
