using System.Text;
using System.Text.Json;
using Claudy.Integration.Tests.Support;

namespace Claudy.Integration.Tests.Delivery;

/// <summary>
/// The model of what one client may be shown of one session: events 1, 2, 3 … each once, the same at every replay; pieces
/// of a text with no gap, which make up the text that completes them.
/// </summary>
internal sealed class ClientView(string name)
{
    // What a client can be told while things die: try again. Anything else is a fault of the server.
    private static readonly string[] HonestErrors = ["SERVER_002", "SERVER_003", "SESSION_006", "SESSION_007", "SESSION_009", "SESSION_014"];

    private readonly Lock _gate = new();
    private readonly List<string> _events = [];
    private readonly List<string> _failures = [];
    private readonly Dictionary<string, (StringBuilder Text, int NextChunk)> _texts = new(StringComparer.Ordinal);
    private readonly HashSet<string> _queued = new(StringComparer.Ordinal);
    private readonly HashSet<string> _permissions = new(StringComparer.Ordinal);
    private long _lastSeq;
    private int _frames;
    private int _textsFromPieces;
    private bool _isDetached;

    public string Name => name;

    public bool IsAttached { get; private set; }

    /// <summary>The last event that it handled.</summary>
    public long LastSeq => Read(() => _lastSeq);

    /// <summary>How many frames it was shown.</summary>
    public int Frames => Read(() => _frames);

    /// <summary>How many whole texts came after pieces, and were equal to them.</summary>
    public int TextsFromPieces => Read(() => _textsFromPieces);

    /// <summary>Every event so far, as it came.</summary>
    public IReadOnlyList<string> Events => Read(() => _events.ToArray());

    /// <summary>What went wrong.</summary>
    public IReadOnlyList<string> Failures => Read(() => _failures.ToArray());

    public string? AnyQueued => Read(() => _queued.FirstOrDefault());

    public string? AnyPermission => Read(() => _permissions.FirstOrDefault());

    public void Attaching() => Read(() => IsAttached = false);

    public void Disconnected() => Read(() => IsAttached = _isDetached = false);

    public void Fail(string what)
    {
        lock (_gate)
        {
            _failures.Add($"{name}, after event {_lastSeq}: {what}");
        }
    }

    /// <summary>Takes the answer to attaching, or what ended the watch after it.</summary>
    public void AttachAnswered(JsonElement answer)
    {
        lock (_gate)
        {
            IsAttached = answer.Type() == "session_attached";
            if (!IsAttached)
            {
                return;
            }

            _isDetached = false;

            // A watch of before may have shown more, which the replay shows again.
            _lastSeq = answer.Data().GetProperty("replay_from").GetInt64() - 1;
            Expect(_lastSeq <= _events.Count, $"the replay begins after {_lastSeq}, though only {_events.Count} were shown");
            _texts.Clear();
            foreach (var text in answer.Data().GetProperty("in_flight").EnumerateArray())
            {
                _texts[text.GetProperty("message_id").GetString()!] =
                    (new StringBuilder(text.GetProperty("content").GetString()), text.GetProperty("next_chunk_index").GetInt32());
            }
        }
    }

    public void Apply(JsonElement frame, string text)
    {
        lock (_gate)
        {
            _frames++;
            if (frame.Type() == "error" && !HonestErrors.Contains(frame.Code()))
            {
                Fail($"an error that no client should see: {text}");
            }
            else if (frame.Seq() is { } seq)
            {
                ApplyDurable(frame, seq, text);
            }
            else if (frame.IsDelta())
            {
                ApplyDelta(frame);
            }
            else if (frame.Type() == "message_discarded")
            {
                _texts.Remove(frame.Text("message_id")!);
            }
            else if (frame.Type() == "session_detached")
            {
                IsAttached = false;
                _isDetached = true;
            }
        }
    }

    private void ApplyDurable(JsonElement frame, long seq, string text)
    {
        Expect(!_isDetached, $"event {seq} came after it detached");
        Expect(seq == _lastSeq + 1, $"event {seq} came");
        _lastSeq = seq;
        if (seq <= _events.Count)
        {
            Expect(_events[(int)seq - 1] == text, $"event {seq} was {_events[(int)seq - 1]} and is {text} now");
        }
        else
        {
            _events.Add(text);
        }

        switch (frame.Type())
        {
            case "claude_response":
                CompleteText(frame);
                break;
            case "turn_completed" or "turn_suspended":
                // Of a server that died nobody completes a text.
                _texts.Clear();
                break;
            case "queue_changed" when frame.Text("change") == "added":
                _queued.Add(frame.Text("message_id")!);
                break;
            case "queue_changed":
                _queued.Remove(frame.Text("message_id")!);
                break;
            case "permission_request":
                _permissions.Add(frame.Text("request_id")!);
                break;
            case "permission_resolved":
                _permissions.Remove(frame.Text("request_id")!);
                break;
        }
    }

    private void ApplyDelta(JsonElement frame)
    {
        var id = frame.Text("message_id")!;
        var (text, next) = _texts.TryGetValue(id, out var known) ? known : (new StringBuilder(), 0);
        var index = frame.Data().GetProperty("chunk_index").GetInt32();
        Expect(index == next, $"piece {index} of {id} came where {next} was to");
        _texts[id] = (text.Append(frame.Content()), index + 1);
    }

    private void CompleteText(JsonElement frame)
    {
        if (_texts.Remove(frame.Text("message_id")!, out var pieces))
        {
            _textsFromPieces++;
            Expect(pieces.Text.Equals(frame.Content()), $"the pieces of {frame.Text("message_id")} are not its text: {pieces.Text.Length} characters, not {frame.Content()!.Length}");
        }
    }

    private void Expect(bool isSo, string otherwise)
    {
        if (!isSo)
        {
            Fail(otherwise);
        }
    }

    private T Read<T>(Func<T> what)
    {
        lock (_gate)
        {
            return what();
        }
    }
}
