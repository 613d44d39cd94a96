using Claudy.Domain.Sessions;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>Permission modes as the CLI writes them. It takes any string for one, so that only these may ever be sent.</summary>
internal static class ClaudePermissionModes
{
    private static readonly Dictionary<string, PermissionMode> ByName = new(StringComparer.Ordinal)
    {
        ["default"] = PermissionMode.Default,
        ["acceptEdits"] = PermissionMode.AcceptEdits,
        ["plan"] = PermissionMode.Plan,
        ["dontAsk"] = PermissionMode.DontAsk,
        ["bypassPermissions"] = PermissionMode.BypassPermissions,
    };

    private static readonly Dictionary<PermissionMode, string> Names = new(ByName.ToDictionary(pair => pair.Value, pair => pair.Key))
    {
        // In its own "dontAsk" the CLI denies by its own reading of rules. Claudy is asked instead, and answers for the user.
        [PermissionMode.DontAsk] = "default",
    };

    /// <exception cref="ArgumentOutOfRangeException">It is no mode at all.</exception>
    internal static string ToName(PermissionMode mode) =>
        Names.TryGetValue(mode, out var name) ? name : throw new ArgumentOutOfRangeException(nameof(mode), mode, "Not a permission mode.");

    /// <summary>Null for a mode that Claudy does not know.</summary>
    internal static PermissionMode? FromName(string? name) =>
        name is not null && ByName.TryGetValue(name, out var mode) ? mode : null;
}
