namespace Claudy.Domain.Sessions;

/// <summary>Makes the conversation of a session from its events, given in order from the first. Holds no more than a few times what Claude may remember.</summary>
public sealed class ConversationBuilder
{
    private const long MaxHeld = 4 * Conversation.MaxLength;

    private readonly List<ConversationTurn> _turns = [];
    private readonly List<long> _clearedThrough = [];
    private readonly Dictionary<string, ConversationOutcome> _outcomes = new(StringComparer.Ordinal);
    private List<List<ConversationPart>> _rounds = [];
    private ChatMessage? _message;
    private (long Id, DateTimeOffset At)? _turn;
    private Guid? _agentSession;
    private bool _isAnswered;
    private bool _isShortened;
    private long _held;

    /// <summary>Takes the next event.</summary>
    public void Add(StoredEvent stored)
    {
        switch (stored.Event)
        {
            case UserMessageAdded e:
                Hear(e.Message);
                break;
            case TurnStarted e:
                _turn = (e.TurnId, stored.At);
                _message = e.MessageId is null ? null : _message;
                break;

            case TurnResumed e:
                Hear(new ChatMessage("", null, e.Instruction, []));
                break;

            // A subagent's own words are its own: the conversation has what it reported in the end, as its call's result.
            case AssistantText { ParentToolUseId: null } e when !string.IsNullOrWhiteSpace(e.Text):
                Say(new ConversationText(e.Text));
                break;
            case ToolUsed { ParentToolUseId: null } e:
                Say(new ConversationCall(e.ToolUseId, e.Name, e.Input, null));
                break;
            case ToolReturned { ParentToolUseId: null } e:
                _outcomes[e.ToolUseId] = new ConversationOutcome(e.Content, e.IsError);
                _isAnswered = true;
                break;
            case TurnCompleted e:
                EndTurn(e);
                break;
            case AgentSessionChanged e:
                ChangeAgentSession(e);
                break;
            case ConversationRewound e:
                Rewind(e.TurnId);
                break;
        }
    }

    /// <summary>The conversation up to the last event, with what there is of a turn that has not ended; takes no more events.</summary>
    public Conversation Build()
    {
        if (_turn is { } open)
        {
            Hold(open, isInterrupted: false);
        }

        var cleared = _clearedThrough.Count > 0 ? _clearedThrough[^1] : 0;
        List<ConversationTurn> remembered = [.. _turns.Where(turn => turn.Id > cleared)];
        return new Conversation(remembered, _isShortened && remembered.Count == _turns.Count).Newest(Conversation.MaxLength);
    }

    private void Hear(ChatMessage message)
    {
        // One that comes while Claude works divides its turn in two.
        var open = _turn;
        if (open is { } turn)
        {
            Hold(turn, isInterrupted: false);
            Forget();
        }

        _turn = open;
        _message = message;
    }

    private void Say(ConversationPart part)
    {
        if (_rounds.Count == 0 || _isAnswered)
        {
            _rounds.Add([]);
            _isAnswered = false;
        }

        _rounds[^1].Add(part);
    }

    private void EndTurn(TurnCompleted completed)
    {
        if (_turn is { } turn)
        {
            Hold(turn, completed.StopReason == "interrupted");
        }

        Forget();
    }

    private ConversationPart WithOutcome(ConversationPart part) =>
        part is ConversationCall call ? call with { Outcome = _outcomes.GetValueOrDefault(call.ToolUseId) } : part;

    private void Hold((long Id, DateTimeOffset At) open, bool isInterrupted)
    {
        if (_message is null && _rounds.Count == 0)
        {
            return;
        }

        var rounds = _rounds.Select(parts => new ConversationRound([.. parts.Select(WithOutcome)]));
        var turn = new ConversationTurn(open.Id, _message, [.. rounds], open.At, isInterrupted);
        _turns.Add(turn);
        _held += turn.Length;
        while (_held > MaxHeld && _turns.Count > 1)
        {
            _held -= _turns[0].Length;
            _turns.RemoveAt(0);
            _isShortened = true;
        }
    }

    // Claude Code takes another session by itself only in the turn that told it to clear the conversation.
    private void ChangeAgentSession(AgentSessionChanged changed)
    {
        if (changed is { AgentSessionId: not null, Rebuilt: null } && _agentSession is { } before && before != changed.AgentSessionId && _turn is { } turn)
        {
            _clearedThrough.Add(turn.Id);
        }

        _agentSession = changed.AgentSessionId;
    }

    private void Rewind(long turnId)
    {
        _turns.RemoveAll(turn => turn.Id >= turnId);
        _clearedThrough.RemoveAll(turn => turn >= turnId);
        _held = _turns.Sum(turn => turn.Length);

        // What begins after this is another session of the agent's, and nobody cleared anything.
        _agentSession = null;
        Forget();
    }

    private void Forget()
    {
        _turn = null;
        _message = null;
        _rounds = [];
        _outcomes.Clear();
        _isAnswered = false;
    }
}
