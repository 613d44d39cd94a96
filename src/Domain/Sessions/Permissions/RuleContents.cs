namespace Claudy.Domain.Sessions.Permissions;

/// <summary>Which content of rules Claudy understands, and what it says of calls of other tools than Bash.</summary>
internal static class RuleContents
{
    private const string Domain = "domain:";

    public static bool Understands(PermissionRule rule) => rule.Tool switch
    {
        "Bash" => CommandPattern.TryParse(rule.Content!) is not null,
        "WebFetch" => DomainOf(rule) is not null,
        var tool when PathPattern.PathField(tool) is not null => PathPattern.TryParse(rule.Content!) is not null,
        _ => false,
    };

    /// <summary>Whether content of rules for a tool is Claudy's to understand.</summary>
    public static bool IsJudged(string tool) => tool is "Bash" or "WebFetch" || PathPattern.PathField(tool) is not null;

    /// <summary>Whether a rule is about a tool at all, whatever of it.</summary>
    public static bool Concerns(PermissionRule rule, string tool) =>
        rule.Tool == tool
        || (rule.Tool == "Edit" && tool is "Write" or "MultiEdit" or "NotebookEdit")
        || (rule.Content is null && ServerOf(rule.Tool) is { } server && tool.StartsWith(server, StringComparison.Ordinal));

    /// <summary>Whether a rule that allows matches a call of the tool that it is about, which is not Bash.</summary>
    public static bool Allows(PermissionRule rule, ToolCall call) => rule switch
    {
        { Content: null } => true,
        { Tool: "WebFetch" } => HostOf(call) is { } host && HostIs(host, DomainOf(rule)!),
        { Content: { } content } => PathPattern.TryParse(content)?.Allows(call) ?? false,
    };

    /// <summary>Whether a rule that denies matches such a call; null when that cannot be told.</summary>
    public static bool? Denies(PermissionRule rule, ToolCall call) => rule switch
    {
        { Content: null } => true,
        { Tool: "WebFetch" } => HostOf(call) is { } host ? HostIs(host, DomainOf(rule)!) || host.EndsWith("." + DomainOf(rule), StringComparison.OrdinalIgnoreCase) : null,
        { Content: { } content } => PathPattern.TryParse(content)?.Denies(call),
    };

    private static string? DomainOf(PermissionRule rule)
    {
        if (!rule.Content!.StartsWith(Domain, StringComparison.Ordinal))
            return null;
        var domain = rule.Content[Domain.Length..].TrimEnd('.');
        var name = domain.StartsWith("*.", StringComparison.Ordinal) ? domain[2..] : domain;
        return name.Length > 0 && Uri.CheckHostName(name) != UriHostNameType.Unknown ? domain : null;
    }

    private static bool HostIs(string host, string domain) => domain.StartsWith("*.", StringComparison.Ordinal)
        ? host.EndsWith(domain[1..], StringComparison.OrdinalIgnoreCase)
        : string.Equals(host, domain, StringComparison.OrdinalIgnoreCase);

    private static string? HostOf(ToolCall call) =>
        Uri.TryCreate(call.Text("url"), UriKind.Absolute, out var url) && url is { Scheme: "http" or "https", UserInfo: "" } ? url.IdnHost.TrimEnd('.') : null;

    // "mcp__server" and "mcp__server__*" are about all tools of that server, and of no other whose name begins alike.
    private static string? ServerOf(string tool)
    {
        const string prefix = "mcp__";
        if (!tool.StartsWith(prefix, StringComparison.Ordinal))
            return null;
        if (tool.EndsWith("__*", StringComparison.Ordinal))
            return tool[..^1];
        return tool.IndexOf("__", prefix.Length, StringComparison.Ordinal) < 0 ? tool + "__" : null;
    }
}
