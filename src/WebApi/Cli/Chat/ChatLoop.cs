namespace Claudy.WebApi.Cli.Chat;

/// <summary>
/// A conversation: what the server says, what is typed, and Ctrl-C, one at a time. With a message it ends with that
/// message's turn, else when the input ends.
/// </summary>
internal sealed class ChatLoop(ChatClient client, IChatView view, ITerminal terminal, InterruptKey interrupt)
{
    private static readonly Task Never = new TaskCompletionSource().Task;

    private readonly List<PendingPermission> _pending = [];
    private readonly Dictionary<string, long> _turns = new(StringComparer.Ordinal);
    private readonly Dictionary<long, string?> _stopReasons = [];
    private bool _canAsk = terminal.IsInteractive;
    private bool _isConversation;
    private bool _permissionWasNeeded;
    private bool _interrupted;
    private bool _isWaiting;
    private long? _runningTurn;
    private AwaitedMessage? _awaited;
    private int? _exitCode;

    /// <summary>What was asked first since the line that is being typed was begun, and so what it answers.</summary>
    private Asked? _asked;

    /// <summary>Whether every permission is given without asking.</summary>
    public bool AllowAll { get; init; }

    /// <param name="opened">The frame that opened the session.</param>
    /// <param name="message">The only message, or null to converse.</param>
    /// <param name="cancellationToken">Leaves.</param>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    /// <exception cref="ChatException">The server is gone for good.</exception>
    public async Task<int> RunAsync(ServerFrame opened, string? message, CancellationToken cancellationToken)
    {
        _isConversation = message is null;
        await OnEventAsync(new ChatEvent.Received(opened), cancellationToken);
        if (message is not null)
        {
            _awaited = new AwaitedMessage(await client.SendAsync(ClientFrame.ChatMessage(message), cancellationToken));
        }

        Task<string?>? typing = null;
        Task<bool>? listening = null;
        while (_exitCode is null)
        {
            ShowPrompt();
            typing ??= WantsLine ? terminal.ReadLineAsync() : null;
            listening ??= client.Events.WaitToReadAsync(cancellationToken).AsTask();
            await Task.WhenAny(listening, interrupt.Pressed, typing ?? Never);

            if (interrupt.Pressed.IsCompleted)
            {
                interrupt.Reset();
                await OnInterruptAsync(cancellationToken);
            }

            if (listening.IsCompleted)
            {
                if (!await listening)
                {
                    return ExitCode.NoConnection;
                }

                listening = null;
                while (_exitCode is null && client.Events.TryRead(out var chatEvent))
                {
                    await OnEventAsync(chatEvent, cancellationToken);
                }
            }

            if (typing is { IsCompleted: true } && _exitCode is null)
            {
                var line = await typing;
                typing = null;
                await OnLineAsync(line, cancellationToken);
                _asked = null;
            }
        }

        return _exitCode.Value;
    }

    private bool WantsLine => _canAsk && (_isConversation || _pending.Count > 0);

    private async Task OnEventAsync(ChatEvent chatEvent, CancellationToken cancellationToken)
    {
        view.Show(chatEvent);
        if (chatEvent is not ChatEvent.Received { Frame: var frame })
        {
            return;
        }

        switch (frame.Type)
        {
            case "error":
                _isWaiting = false;
                _exitCode = _awaited is not null && frame.ReplyTo == _awaited.ClientId ? ExitCode.Failed : null;
                break;
            case "chat_accepted" when frame.ReplyTo == _awaited?.ClientId && frame.Text("message_id") is { } messageId:
                _awaited = _awaited! with { MessageId = messageId };
                EndWithAwaitedTurn();
                break;
            case "turn_started" when frame.Number("turn_id") is { } turn:
                _runningTurn = turn;
                _isWaiting = false;
                _turns[frame.Text("message_id") ?? ""] = turn;
                break;
            case "turn_completed" when frame.Number("turn_id") is { } turn:
                _runningTurn = null;
                _interrupted = false;
                _stopReasons[turn] = frame.Text("stop_reason");
                EndWithAwaitedTurn();
                break;
            case "queue_changed" when frame.Text("change") == "cancelled" && _awaited?.MessageId is { } id && frame.Text("message_id") == id:
                _exitCode = _interrupted ? ExitCode.Interrupted : ExitCode.Failed;
                break;
            case "session_status":
                OnStatus(frame.Text("status"));
                break;
            case "session_attached":
                await OnAttachedAsync(frame, cancellationToken);
                break;
            case "permission_request" when PendingPermission.Read(frame.Data) is { } request:
                await OnPermissionAsync(request, cancellationToken);
                break;
            case "permission_resolved":
                _pending.RemoveAll(p => p.Id == frame.Text("request_id"));
                break;
        }
    }

    /// <summary>After a break the turn may have ended before its message's acceptance is told again: order does not matter.</summary>
    private void EndWithAwaitedTurn()
    {
        if (_awaited?.MessageId is { } messageId && _turns.TryGetValue(messageId, out var turn) && _stopReasons.TryGetValue(turn, out var stopReason))
        {
            _exitCode = stopReason switch
            {
                "interrupted" => ExitCode.Interrupted,
                "error" or "agent_stopped" => ExitCode.Failed,
                _ => _permissionWasNeeded ? ExitCode.PermissionNeeded : ExitCode.Success,
            };
        }
    }

    private void OnStatus(string? status)
    {
        var isOver = status == "terminated" || (status == "failed" && _awaited is not null);
        if (isOver)
        {
            _exitCode = ExitCode.Failed;
        }
    }

    private async Task OnAttachedAsync(ServerFrame frame, CancellationToken cancellationToken)
    {
        var stillPending = frame.Items("pending_permissions").Select(PendingPermission.Read).OfType<PendingPermission>().ToList();
        _pending.RemoveAll(p => stillPending.TrueForAll(s => s.Id != p.Id));
        foreach (var request in stillPending.Where(s => _pending.TrueForAll(p => p.Id != s.Id)))
        {
            await OnPermissionAsync(request, cancellationToken);
        }
    }

    private async Task OnPermissionAsync(PendingPermission request, CancellationToken cancellationToken)
    {
        if (AllowAll)
        {
            await client.SendAsync(ClientFrame.PermissionResponse(request.Id, PermissionAnswer.Allow), cancellationToken);
        }
        else if (_canAsk)
        {
            _pending.Add(request);
        }
        else
        {
            _permissionWasNeeded = true;
            view.Say($"{PermissionPrompt.Describe(request)}\nNobody can be asked here, so it is denied. Run it on a terminal, or with --yes to allow all.");
            await client.SendAsync(ClientFrame.PermissionResponse(request.Id, PermissionAnswer.Deny, "Nobody could be asked."), cancellationToken);
        }
    }

    private async Task OnLineAsync(string? line, CancellationToken cancellationToken)
    {
        view.LineTyped();
        if (line is null)
        {
            await OnEndOfInputAsync(cancellationToken);
        }
        else if (_pending is [var request, ..])
        {
            if (_asked?.Request?.Id != request.Id)
            {
                view.Say("That line was begun before this was asked, so it does not count.");
            }
            else if (PermissionPrompt.Parse(line, request) is { } answer)
            {
                _pending.RemoveAt(0);
                await client.SendAsync(ClientFrame.PermissionResponse(request.Id, answer), cancellationToken);
            }
        }
        else if (_asked?.Request is { } gone && PermissionPrompt.Parse(line, gone) is not null)
        {
            view.Say("That was answered already.");
        }
        else if (_isConversation && (line.Trim() is "/exit" or "/quit"))
        {
            _exitCode = ExitCode.Success;
        }
        else if (_isConversation && !string.IsNullOrWhiteSpace(line))
        {
            _isWaiting = true;
            await client.SendAsync(ClientFrame.ChatMessage(line), cancellationToken);
        }
    }

    private async Task OnEndOfInputAsync(CancellationToken cancellationToken)
    {
        if (_isConversation)
        {
            _exitCode = ExitCode.Success;
            return;
        }

        _canAsk = false;
        var unanswered = _pending.ToArray();
        _pending.Clear();
        foreach (var request in unanswered)
        {
            await OnPermissionAsync(request, cancellationToken);
        }
    }

    private async Task OnInterruptAsync(CancellationToken cancellationToken)
    {
        var waiting = _awaited?.MessageId;
        if (_interrupted || (_runningTurn is null && waiting is null))
        {
            _exitCode = ExitCode.Interrupted;
            return;
        }

        _interrupted = true;
        view.Say("Interrupting ... (Ctrl-C again leaves)");
        await client.SendAsync(
            waiting is not null && !_turns.ContainsKey(waiting) ? ClientFrame.CancelMessage(waiting) : ClientFrame.Interrupt(),
            cancellationToken);
    }

    private void ShowPrompt()
    {
        if (_canAsk && !_interrupted && _pending is [var request, ..])
        {
            view.Ask(request);
            _asked ??= new Asked(request);
        }
        else if (_canAsk && _isConversation && _runningTurn is null && !_isWaiting)
        {
            view.Prompt();
            _asked ??= new Asked(null);
        }
    }

    /// <param name="Request">The permission; null for the next message.</param>
    private sealed record Asked(PendingPermission? Request);

    /// <summary>The message whose turn ends the program.</summary>
    private sealed record AwaitedMessage(string ClientId)
    {
        public string? MessageId { get; init; }
    }
}
