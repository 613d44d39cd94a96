using System.Text.Json;
using Claudy.Domain.Sessions.Permissions;

namespace Claudy.Domain.Tests.Sessions.Permissions;

/// <summary>Tool calls and what rules say of them.</summary>
internal static class Calls
{
    public static ToolCall Bash(string command) => Of("Bash", new { command, description = "d" });

    public static ToolCall Of(string tool, object input) => new(tool, JsonSerializer.SerializeToElement(input), "/workspace");

    public static ToolCall Write(string path) => Of("Write", new { file_path = path, content = "x" });

    public static ToolCall Read(string path) => Of("Read", new { file_path = path });

    /// <summary>What rules that allow say.</summary>
    public static PermissionEffect? Decide(this ToolCall call, params string[] allowed) => PermissionRuleSet.Of(allowed, []).Decide(call).Effect;

    /// <summary>What a rule that denies says where the whole tool is allowed.</summary>
    public static PermissionEffect? Denied(this ToolCall call, string rule) => PermissionRuleSet.Of([call.Tool], [rule]).Decide(call).Effect;
}
