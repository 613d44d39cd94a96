using System.Text;
using System.Text.Json;

namespace Claudy.WebApi.Cli.Chat;

/// <summary>What a user says to a permission request.</summary>
internal enum PermissionAnswer
{
    Allow,
    AllowAlways,
    AllowForUser,
    Deny,
}

/// <summary>Shows a permission request so that a person can judge it, whole and undisguised, and reads the answer.</summary>
internal static class PermissionPrompt
{
    /// <summary>The question without its answers, several lines of clean text.</summary>
    public static string Describe(PendingPermission request)
    {
        var text = new StringBuilder("Claude asks to use ").Append(TerminalText.CleanLine(request.ToolName, 100));
        if (request.Description is { Length: > 0 } description)
        {
            text.Append(": ").Append(TerminalText.CleanLine(description, 300));
        }

        text.Append('\n').Append(Indent(Subject(request.ToolName, request.Input)));
        if (request.Rules.Count > 0)
        {
            text.Append("\nAlways would allow:\n").Append(Indent(string.Join('\n', request.Rules.Select(Listed))));
        }

        return text.ToString();
    }

    /// <summary>What can be answered.</summary>
    public static string Question(PendingPermission request)
    {
        var always = request switch
        {
            { Rules.Count: 1 } => "[a]lways in this session / always for [m]e (the rule above)",
            { Rules.Count: > 1 } => $"[a]lways in this session / always for [m]e (the {request.Rules.Count} rules above)",
            { Mode: { } mode } => $"[a]lways in this session (permission mode {TerminalText.Clean(mode)})",
            _ => null,
        };
        return always is null ? "Allow? [y]es / [n]o: " : $"Allow? [y]es / [n]o / {always}: ";
    }

    /// <summary>What a typed line means; null when it is no answer.</summary>
    public static PermissionAnswer? Parse(string line, PendingPermission request) => line.Trim().ToUpperInvariant() switch
    {
        "Y" or "YES" => PermissionAnswer.Allow,
        "N" or "NO" => PermissionAnswer.Deny,
        "A" or "ALWAYS" when request.CanRemember => PermissionAnswer.AllowAlways,
        "M" or "ME" when request.Rules.Count > 0 => PermissionAnswer.AllowForUser,
        _ => null,
    };

    private static string Subject(string tool, JsonElement input) => tool switch
    {
        "Bash" when ServerFrame.Text(input, "command") is { } command =>
            "$ " + command + Rest(input, "command", "description"),
        "Write" when ServerFrame.Text(input, "file_path") is { } path && ServerFrame.Text(input, "content") is { } content =>
            $"{path}\n{Prefixed("+ ", content)}{Rest(input, "file_path", "content")}",
        "Edit" when ServerFrame.Text(input, "file_path") is { } path && ServerFrame.Text(input, "old_string") is { } old && ServerFrame.Text(input, "new_string") is { } replacement =>
            $"{path}\n{Prefixed("- ", old)}\n{Prefixed("+ ", replacement)}{Rest(input, "file_path", "old_string", "new_string")}",
        _ => JsonSerializer.Serialize(input, PrettyJson.Default.JsonElement),
    };

    /// <summary>What the tool is given besides: that a command leaves the sandbox, or that every occurrence is replaced.</summary>
    private static string Rest(JsonElement input, params ReadOnlySpan<string> shown)
    {
        var rest = new StringBuilder();
        foreach (var field in input.EnumerateObject())
        {
            if (!shown.Contains(field.Name))
            {
                rest.Append('\n').Append(field.Name).Append(": ").Append(field.Value.GetRawText());
            }
        }

        return rest.ToString();
    }

    private static string Prefixed(string prefix, string text) => prefix + text.TrimEnd('\n').Replace("\n", "\n" + prefix, StringComparison.Ordinal);

    private static string Listed(string rule) => "- " + rule.Replace("\n", "\n  ", StringComparison.Ordinal);

    private static string Indent(string text) => Prefixed("  ", TerminalText.Clean(text));
}

/// <summary>A permission request that waits for an answer.</summary>
internal sealed record PendingPermission(string Id, string ToolName, JsonElement Input, string? Description, IReadOnlyList<string> Rules, string? Mode)
{
    public bool CanRemember => Rules.Count > 0 || Mode is not null;

    /// <summary>Reads the <c>data</c> of a <c>permission_request</c>; null when it has no id.</summary>
    public static PendingPermission? Read(JsonElement data)
    {
        if (ServerFrame.Text(data, "request_id") is not { } id)
        {
            return null;
        }

        var input = data.TryGetProperty("input", out var given) ? given : default;
        var rules = data.TryGetProperty("suggested_rules", out var suggested) && suggested.ValueKind == JsonValueKind.Array
            ? suggested.EnumerateArray().Select(rule => rule.ToString())
            : [];
        return new PendingPermission(id, ServerFrame.Text(data, "tool_name") ?? "a tool", input, ServerFrame.Text(data, "description"), [.. rules], ServerFrame.Text(data, "suggested_mode"));
    }
}
