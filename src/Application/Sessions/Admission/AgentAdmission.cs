using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Users;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Sessions.Admission;

/// <summary>
/// Decides which sessions of this node may have a process: so many at once, so many of one user, so many being started, and
/// none when memory is short. The others wait in line; idle processes are asked to make room for them.
/// </summary>
internal sealed class AgentAdmission : IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly SessionOptions _options;
    private readonly INodeMemory _memory;
    private readonly TimeProvider _time;
    private readonly ITimer _look;
    private readonly Lock _gate = new();
    private readonly WaitingLine _line = new();
    private readonly HashSet<AgentPlace> _admitted = [];
    private readonly Dictionary<UserId, int> _perUser = [];
    private int _starting;
    private long _arrivals;
    private bool _isLooking;

    public AgentAdmission(IOptions<SessionOptions> options, INodeMemory memory, TimeProvider time)
    {
        (_options, _memory, _time) = (options.Value, memory, time);
        _look = time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many sessions have a process or are getting one.</summary>
    public int Running
    {
        get
        {
            lock (_gate)
            {
                return _admitted.Count;
            }
        }
    }

    /// <summary>How many sessions wait in line.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _line.Count;
            }
        }
    }

    /// <summary>Asks for a place.</summary>
    /// <param name="owner">Whose session it is.</param>
    /// <param name="mayWait">Whether it takes a place in the line when there is no other.</param>
    /// <param name="holder">Is told what becomes of it, also before this returns.</param>
    /// <returns>The place, admitted or waiting; null when there is none and it may not wait.</returns>
    public AgentPlace? Enter(UserId owner, bool mayWait, IPlaceHolder holder)
    {
        var news = new List<Action>();
        AgentPlace place;
        lock (_gate)
        {
            // Who waits comes first; those who are left then wait for a place of their own user's.
            Serve(news);
            place = new AgentPlace(owner, ++_arrivals, holder);
            if (IsBelowOwnLimit(owner) && HasRoom())
            {
                Admit(place);
            }
            else if (mayWait)
            {
                _line.Add(place);
                Serve(news);
            }
            else
            {
                place.State = PlaceState.Left;
            }
        }

        news.ForEach(tell => tell());
        return place.State == PlaceState.Left ? null : place;
    }

    /// <summary>The process answers.</summary>
    public void Started(AgentPlace place) => Change(() =>
    {
        if (place.State == PlaceState.Starting)
        {
            place.State = PlaceState.Running;
            _starting--;
        }
    });

    /// <summary>The process is gone, or the wait is given up; harmless when it was said before.</summary>
    public void Leave(AgentPlace place) => Change(() =>
    {
        switch (place.State)
        {
            case PlaceState.Waiting:
                _line.Remove(place);
                break;
            case PlaceState.Starting or PlaceState.Running:
                _starting -= place.State == PlaceState.Starting ? 1 : 0;
                _admitted.Remove(place);
                if (--_perUser[place.Owner] == 0)
                {
                    _perUser.Remove(place.Owner);
                }

                break;
        }

        place.State = PlaceState.Left;
    });

    public void Dispose() => _look.Dispose();

    private void Look() => Change(static () => { });

    private void Change(Action change)
    {
        var news = new List<Action>();
        lock (_gate)
        {
            change();
            Serve(news);
        }

        news.ForEach(tell => tell());
    }

    /// <summary>Admits whom there is room for, tells the others their place, and asks idle ones to make room.</summary>
    private void Serve(List<Action> news)
    {
        while (_line.Count > 0 && HasRoom() && _line.InOrder(_perUser).FirstOrDefault(place => IsBelowOwnLimit(place.Owner)) is { } next)
        {
            Admit(next);
            news.Add(() => next.Holder.OnAdmitted(next));
        }

        var position = 0;
        var waiting = _line.Count;
        foreach (var place in _line.InOrder(_perUser))
        {
            if (place.ToldPosition != ++position)
            {
                place.ToldPosition = position;
                news.Add(() => place.Holder.OnMoved(place, waiting));
            }
        }

        AskIdleOnesToYield(news);
        KeepLooking();
    }

    private void Admit(AgentPlace place)
    {
        _line.Serve(place);
        place.State = PlaceState.Starting;
        _starting++;
        _admitted.Add(place);
        _perUser[place.Owner] = _perUser.GetValueOrDefault(place.Owner) + 1;
    }

    private bool HasRoom() => _starting < MaxStarting && !IsReached(_options.MaxRunning, _admitted.Count) && HasMemory();

    private bool IsBelowOwnLimit(UserId owner) => !IsReached(_options.MaxRunningPerUser, _perUser.GetValueOrDefault(owner));

    private int MaxStarting => _options.MaxStarting > 0 ? _options.MaxStarting : 2 * Environment.ProcessorCount;

    private static bool IsReached(int limit, int count) => limit > 0 && count >= limit;

    // Those that are being started have not taken their memory yet. The first one is always let in: with none running there is
    // nothing that could end and free some.
    private bool HasMemory() =>
        _admitted.Count == 0
        || _options.MinFreeMemoryBytes == 0
        || _memory.AvailableBytes - ((_starting + 1) * _options.MemoryPerProcessBytes) >= _options.MinFreeMemoryBytes;

    private void AskIdleOnesToYield(List<Action> news)
    {
        // Starts end by themselves; only a lack of places or of memory is worth ending a process for.
        var wanted = Math.Min(_line.Count, MaxStarting - _starting) - _admitted.Count(place => place.IsYielding);
        if (wanted <= 0)
        {
            return;
        }

        // Who has all that one user may have is helped by an idle process of the same user only.
        var helpsAnyone = _line.InOrder(_perUser).Any(place => IsBelowOwnLimit(place.Owner));
        var before = _time.GetUtcNow() - _options.YieldAfter;
        foreach (var place in _admitted
            .Where(place => place is { State: PlaceState.Running, IsYielding: false } && place.IdleSince <= before)
            .Where(place => helpsAnyone || _line.HasAnyOf(place.Owner))
            .OrderBy(place => place.IdleSince)
            .Take(wanted))
        {
            place.IsYielding = true;
            news.Add(() => place.Holder.OnAskedToYield(place));
        }
    }

    // Memory comes back, and processes become idle, without a word.
    private void KeepLooking()
    {
        if (_isLooking != _line.Count > 0)
        {
            _isLooking = !_isLooking;
            var interval = _isLooking ? LookInterval : Timeout.InfiniteTimeSpan;
            _look.Change(interval, interval);
        }
    }

    /// <summary>One that was asked to make room has work again, or is about to leave.</summary>
    public void KeptAfterAll(AgentPlace place)
    {
        lock (_gate)
        {
            place.IsYielding = false;
        }
    }
}
