using System.Globalization;
using System.Text.Json;

namespace Claudy.WebApi.Cli.Chat;

/// <summary>For people: the answer as it comes, thinking dimmed, tools in a line or two.</summary>
internal sealed class TerminalRenderer(ITerminal terminal) : IChatView
{
    private const string Dim = "2";
    private const string Red = "31";
    private const string Cyan = "36";
    private const string Yellow = "33";
    private const string MessagePrompt = "> ";

    private readonly StreamedTexts _texts = new();
    private Block _block = Block.None;
    private bool _lineIsOpen;
    private bool _answerIsOpen;
    private bool _isBusy;

    /// <summary>The question that is the last thing shown.</summary>
    private string? _question;

    /// <summary>What is being written at the moment; a change begins a new line.</summary>
    private enum Block
    {
        None,
        Answer,
        Thinking,
    }

    public void Show(ChatEvent chatEvent)
    {
        switch (chatEvent)
        {
            case ChatEvent.Received { Frame: { Type: "user_message", Content: var text }, IsOwn: false }:
                Aside($"From another device: {text}", Yellow);
                break;
            case ChatEvent.Received { Frame: var frame }:
                Show(frame);
                break;
            case ChatEvent.Disconnected { Why: var why }:
                Aside($"The connection was lost ({why}); reconnecting ...", Yellow);
                break;
            case ChatEvent.Reconnected:
                Aside("Connected again.", Dim);
                break;
        }
    }

    public void Ask(PendingPermission request)
    {
        if (_question != request.Id)
        {
            Aside(PermissionPrompt.Describe(request), Yellow);
            OpenLine(PermissionPrompt.Question(request), Yellow);
            _question = request.Id;
        }
    }

    public void Prompt()
    {
        if (_question != MessagePrompt)
        {
            OpenLine(MessagePrompt, null);
            _question = MessagePrompt;
        }
    }

    public void LineTyped()
    {
        _lineIsOpen = false;
        _question = null;
    }

    public void Say(string remark) => Aside(remark, Yellow);

    private void Show(ServerFrame frame)
    {
        switch (frame.Type)
        {
            case "claude_response":
                Text(frame, frame.Text("parent_tool_use_id") is null ? Block.Answer : Block.Thinking);
                break;
            case "claude_thinking":
                Text(frame, Block.Thinking);
                break;
            case "session_created":
                Aside($"Session {frame.SessionId}", Dim);
                break;
            case "session_attached":
                Attached(frame);
                break;
            case "turn_started":
                _isBusy = true;
                break;
            case "tool_use":
                Aside(ToolSummary.OfCall(frame), Cyan);
                break;
            case "tool_result":
                Aside(ToolSummary.OfResult(frame), frame.Flag("is_error") ? Red : Dim);
                break;
            case "message_discarded":
                _texts.Forget(frame.Text("message_id") ?? "");
                Aside("The answer broke off and begins anew.", Dim);
                break;
            case "permission_resolved" when frame.Seq is not null && frame.Text("decision") == "deny":
                Aside($"Denied ({frame.Text("reason")}).", Dim);
                break;
            case "turn_completed":
                _isBusy = false;
                EndAnswer();
                Aside(Summary(frame), Dim);
                if (frame.Text("stop_reason") == "agent_stopped")
                {
                    Aside("Claude Code was stopped in the middle of this. The history is kept, and the next message goes on from it.", Yellow);
                }

                _texts.Clear();
                break;
            case "chat_accepted" when _isBusy && frame.Number("position") is > 0 and var position:
                Aside($"Waiting in the queue, place {position}.", Dim);
                break;
            case "session_status" when frame.Text("status") is "terminated" or "failed" or "hibernated":
                Aside($"The session is {frame.Text("status")}{(frame.Text("reason") is { } reason ? $" ({reason})" : "")}.", Dim);
                break;
            case "session_error" or "error":
                Aside($"{frame.Content} [{frame.Text("code")}]", Red);
                break;
            case "configuration_review":
                Aside("The workspace's own files would configure Claude Code. Nothing of it takes effect unless it is approved, with a configuration_response over the protocol.", Yellow);
                break;
            case "budget_paused" or "budget_warning":
                Aside(frame.Content, Yellow);
                break;
            case "budget_resumed":
                Aside("There is money again; it goes on.", Dim);
                break;
            case "server_notice":
                Aside(frame.Content, Dim);
                break;
        }
    }

    private void Text(ServerFrame frame, Block block)
    {
        var isComplete = frame.Flag("is_complete");
        var id = frame.Text("message_id") ?? "";
        var text = isComplete
            ? _texts.Complete(id, frame.Content)
            : _texts.Add(id, frame.Number("chunk_index") ?? 0, frame.Content);
        Write(text, block);
        if (isComplete)
        {
            EndAnswer();
            CloseLine();
        }
    }

    private void Attached(ServerFrame frame)
    {
        _isBusy = frame.Text("status") is "running" or "awaiting_permission";
        foreach (var text in frame.Items("in_flight"))
        {
            var next = text.TryGetProperty("next_chunk_index", out var index) && index.TryGetInt64(out var value) ? value : 0;
            Write(
                _texts.Resume(ServerFrame.Text(text, "message_id") ?? "", ServerFrame.Text(text, "content") ?? "", next),
                ServerFrame.Text(text, "type") == "claude_thinking" ? Block.Thinking : Block.Answer);
        }
    }

    private void Write(StreamedTexts.Piece piece, Block block)
    {
        if (piece.Text.Length == 0)
        {
            return;
        }

        _question = null;
        if (piece.BeginsAnew)
        {
            EndAnswer();
        }

        if (_block != block || piece.BeginsAnew)
        {
            CloseLine();
        }

        _block = block;
        var clean = TerminalText.Clean(piece.Text);
        _lineIsOpen = clean[^1] != '\n';
        if (block == Block.Answer)
        {
            terminal.WriteAnswer(clean);
            _answerIsOpen = _lineIsOpen;
        }
        else
        {
            terminal.WriteAside(Styled(clean, Dim));
        }
    }

    private void Aside(string text, string style)
    {
        if (text.Length > 0)
        {
            _question = null;
            CloseLine();
            terminal.WriteAside(Styled(TerminalText.Clean(text), style) + "\n");
        }
    }

    private void OpenLine(string text, string? style)
    {
        CloseLine();
        terminal.WriteAside(style is null ? text : Styled(TerminalText.Clean(text), style));
        _lineIsOpen = true;
    }

    /// <summary>Ends an answer's last line, in the answer itself.</summary>
    private void EndAnswer()
    {
        if (_answerIsOpen)
        {
            terminal.WriteAnswer("\n");
            _answerIsOpen = false;
            _lineIsOpen = false;
        }
    }

    /// <summary>Goes to a new line for something else, and leaves the answer, which may go on, as it is.</summary>
    private void CloseLine()
    {
        if (_lineIsOpen)
        {
            terminal.WriteAside("\n");
        }

        _lineIsOpen = false;
        _block = Block.None;
    }

    private string Styled(string text, string style) => terminal.HasColour ? $"\e[{style}m{text}\e[0m" : text;

    private static string Summary(ServerFrame frame)
    {
        var usage = frame.Property("usage");
        var tokens = usage is { } u ? $", {Count(u, "input_tokens")} tokens in, {Count(u, "output_tokens")} out" : "";
        var cost = frame.Property("cost_usd") is { ValueKind: JsonValueKind.Number } c ? $", ${c.GetDecimal().ToString("0.0000", CultureInfo.InvariantCulture)}" : "";
        var seconds = (frame.Number("duration_ms") ?? 0) / 1000.0;
        return $"[{frame.Text("stop_reason")}, {seconds.ToString("0.0", CultureInfo.InvariantCulture)} s{tokens}{cost}]";
    }

    private static string Count(JsonElement usage, string name) =>
        usage.TryGetProperty(name, out var value) && value.TryGetInt64(out var count) ? count.ToString("N0", CultureInfo.InvariantCulture) : "0";
}
