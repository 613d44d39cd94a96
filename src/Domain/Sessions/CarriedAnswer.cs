using System.Text;
using System.Text.Json;

namespace Claudy.Domain.Sessions;

/// <summary>
/// A user's answer to a tool call whose process was lost. The next process does not know of the call: Claude is told to make
/// it again, and then it is answered so without asking twice.
/// </summary>
/// <param name="ToolName">The tool, such as Bash.</param>
/// <param name="Input">The arguments it was to run with, a JSON object.</param>
/// <param name="Decision">What the user decided.</param>
/// <param name="UpdatedInput">Arguments that the user put in place; null for those asked.</param>
/// <param name="Message">What Claude is told on a denial.</param>
public sealed record CarriedAnswer(string ToolName, JsonElement Input, PermissionDecision Decision, JsonElement? UpdatedInput, string? Message)
{
    private const int MaxShownInput = 20_000;

    /// <summary>Whether this answers a call: of the same tool, with the same arguments.</summary>
    public bool Answers(string toolName, JsonElement input) =>
        string.Equals(ToolName, toolName, StringComparison.Ordinal) && JsonElement.DeepEquals(Input, input);

    /// <summary>What Claude is told so that it goes on with its turn.</summary>
    public static string Instruct(IReadOnlyList<CarriedAnswer> answers)
    {
        var text = new StringBuilder("[Claudy] Claude Code was restarted while you waited for permission. These tool calls of yours did not run:");
        foreach (var answer in answers)
        {
            text.Append("\n- ").Append(answer.ToolName).Append(' ').Append(Shown(answer.Input)).Append("\n  ").Append(answer.Verdict());
        }

        return text.Append("\nGo on with the task from there.").ToString();
    }

    private string Verdict() => this switch
    {
        { Decision: PermissionDecision.Allow } => "The user allows it: call it again with exactly these arguments.",
        { Message.Length: > 0 } => $"The user does not allow it: {Message}",
        _ => "The user does not allow it.",
    };

    private static string Shown(JsonElement input)
    {
        var text = input.GetRawText();
        return text.Length <= MaxShownInput ? text : $"(its arguments as before, {text.Length} characters)";
    }
}

/// <summary>Who or what decided a permission request, as <see cref="PermissionResolved.Reason"/> has it.</summary>
public static class PermissionReason
{
    /// <summary>A user.</summary>
    public const string User = "user";

    /// <summary>A user, before the process that asked was lost; the same call was asked for again.</summary>
    public const string CarriedOver = "carried_over";

    /// <summary>A permission rule; nobody was asked.</summary>
    public const string Rule = "rule";

    /// <summary>The permission mode, which asks nobody.</summary>
    public const string Mode = "mode";

    /// <summary>Nobody answered in time.</summary>
    public const string Expired = "expired";

    /// <summary>The turn was interrupted.</summary>
    public const string Interrupted = "interrupted";

    /// <summary>Claude Code took it back.</summary>
    public const string Withdrawn = "withdrawn";

    /// <summary>The process that asked is gone, and the turn with it.</summary>
    public const string AgentStopped = "agent_stopped";
}
