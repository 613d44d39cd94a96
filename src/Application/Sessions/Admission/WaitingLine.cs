using Claudy.Domain.Users;

namespace Claudy.Application.Sessions.Admission;

/// <summary>
/// Who waits for a process, in fair order: next is one of the user who has the fewest; among several such users, of the one who
/// was served the longest ago. So nobody who asks for many keeps the others waiting.
/// </summary>
internal sealed class WaitingLine
{
    private readonly Dictionary<UserId, LinkedList<AgentPlace>> _byUser = [];
    private readonly Dictionary<UserId, long> _served = [];
    private long _servings;

    public int Count { get; private set; }

    /// <summary>Whether a session of that user waits.</summary>
    public bool HasAnyOf(UserId user) => _byUser.ContainsKey(user);

    public void Add(AgentPlace place)
    {
        if (!_byUser.TryGetValue(place.Owner, out var places))
        {
            _byUser[place.Owner] = places = [];
        }

        places.AddLast(place);
        Count++;
    }

    public void Remove(AgentPlace place)
    {
        if (_byUser.TryGetValue(place.Owner, out var places) && places.Remove(place))
        {
            Count--;
            if (places.Count == 0)
            {
                _byUser.Remove(place.Owner);
            }
        }
    }

    /// <summary>Remembers who was served last.</summary>
    public void Serve(AgentPlace place)
    {
        if (Count == 0)
        {
            // Nobody is compared with anybody.
            _served.Clear();
        }

        Remove(place);
        _served[place.Owner] = ++_servings;
    }

    /// <summary>All that wait, the next first.</summary>
    /// <param name="running">How many processes each user has; none for who is not in it.</param>
    public IEnumerable<AgentPlace> InOrder(IReadOnlyDictionary<UserId, int> running)
    {
        var served = _servings;
        var heads = new PriorityQueue<LinkedListNode<AgentPlace>, (int Processes, long Served, long Arrival)>();
        foreach (var (user, places) in _byUser)
        {
            heads.Enqueue(places.First!, (running.GetValueOrDefault(user), _served.GetValueOrDefault(user), places.First!.Value.Arrival));
        }

        while (heads.TryDequeue(out var head, out var priority))
        {
            yield return head.Value;
            if (head.Next is { } next)
            {
                heads.Enqueue(next, (priority.Processes + 1, ++served, next.Value.Arrival));
            }
        }
    }
}
