using System.Text.Json;

namespace Claudy.WebApi.Cli.Chat;

/// <summary>For programs: every frame as one line of JSON on standard output, remarks on standard error.</summary>
internal sealed class JsonView(ITerminal terminal) : IChatView
{
    public void Show(ChatEvent chatEvent)
    {
        switch (chatEvent)
        {
            case ChatEvent.Received { Frame: var frame }:
                // Written anew rather than passed on: this escapes what a terminal would obey.
                terminal.WriteAnswer(JsonSerializer.Serialize(frame.Raw, ChatJson.Default.JsonElement) + "\n");
                break;
            case ChatEvent.Disconnected { Why: var why }:
                Say($"The connection was lost ({why}); reconnecting ...");
                break;
        }
    }

    public void Ask(PendingPermission request) => Say($"{PermissionPrompt.Describe(request)}\n{PermissionPrompt.Question(request)}");

    public void Prompt()
    {
        // Nobody types here.
    }

    public void LineTyped()
    {
        // Nobody types here.
    }

    public void Say(string remark) => terminal.WriteAside(TerminalText.Clean(remark) + "\n");
}
