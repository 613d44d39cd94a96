using Claudy.Domain.Users;

namespace Claudy.Application.Sessions.Admission;

/// <summary>A place among this node's processes, or in the line for one. Guarded by <see cref="AgentAdmission"/>'s gate, except <see cref="IdleSince"/>.</summary>
internal sealed class AgentPlace(UserId owner, long arrival, IPlaceHolder holder)
{
    private long _idleSinceTicks;

    public UserId Owner => owner;

    /// <summary>Tells who came first.</summary>
    public long Arrival => arrival;

    public IPlaceHolder Holder => holder;

    public PlaceState State { get; set; }

    /// <summary>The place in the line that its holder was last told: 1, 2, 3 …</summary>
    public int ToldPosition { get; set; }

    /// <summary>Whether the holder was asked to make room and has not left yet.</summary>
    public bool IsYielding { get; set; }

    /// <summary>Since when its process has had nothing to do; null while it works.</summary>
    public DateTimeOffset? IdleSince
    {
        get => Volatile.Read(ref _idleSinceTicks) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        set => Volatile.Write(ref _idleSinceTicks, value?.UtcTicks ?? 0);
    }
}

/// <summary>Where a place stands.</summary>
internal enum PlaceState
{
    /// <summary>In the line.</summary>
    Waiting,

    /// <summary>Its process is being started.</summary>
    Starting,

    /// <summary>Its process answers.</summary>
    Running,

    /// <summary>Given back.</summary>
    Left,
}

/// <summary>Who holds a place. Called from any thread; must neither block nor throw.</summary>
internal interface IPlaceHolder
{
    /// <summary>The wait is over: the process may be started.</summary>
    void OnAdmitted(AgentPlace place);

    /// <summary>The place in the line changed.</summary>
    /// <param name="place">Whose; <see cref="AgentPlace.ToldPosition"/> is the new one.</param>
    /// <param name="waiting">How many wait on this node.</param>
    void OnMoved(AgentPlace place, int waiting);

    /// <summary>Others wait while this one is idle: end the process, if it is idle still.</summary>
    void OnAskedToYield(AgentPlace place);
}
