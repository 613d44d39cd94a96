namespace Claudy.WebApi.Cli.Chat;

/// <summary>How a conversation is shown.</summary>
internal interface IChatView
{
    /// <summary>Something happened.</summary>
    void Show(ChatEvent chatEvent);

    /// <summary>A permission is asked of the person at the terminal; nothing when that question is the last thing shown.</summary>
    void Ask(PendingPermission request);

    /// <summary>The next message may be typed; nothing when that is the last thing shown.</summary>
    void Prompt();

    /// <summary>A line was typed; the cursor is at the start of the next.</summary>
    void LineTyped();

    /// <summary>A remark of the client itself.</summary>
    void Say(string remark);
}
