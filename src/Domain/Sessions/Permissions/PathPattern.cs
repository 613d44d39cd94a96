namespace Claudy.Domain.Sessions.Permissions;

/// <summary>
/// What a rule for a file tool says of paths, as .gitignore has it: <c>src/**</c> and <c>/src/**</c> beneath the workspace,
/// <c>*.md</c> a name in any folder of it, <c>//etc/**</c> from the root. <c>*</c> and <c>?</c> stay within a name.
/// </summary>
internal sealed class PathPattern
{
    private readonly bool _isAbsolute;
    private readonly string[] _names;

    private PathPattern(bool isAbsolute, string[] names)
    {
        _isAbsolute = isAbsolute;
        _names = names;
    }

    /// <summary>The argument in which a file tool has its path; null for another tool.</summary>
    public static string? PathField(string tool) => tool switch
    {
        "Read" or "Edit" or "Write" or "MultiEdit" => "file_path",
        "NotebookEdit" or "NotebookRead" => "notebook_path",
        "Grep" or "Glob" or "LS" => "path",
        _ => null,
    };

    /// <summary>Reads a rule's content; null when it is none that can be judged: a home, a way up, a set of characters.</summary>
    public static PathPattern? TryParse(string content)
    {
        var isAbsolute = content.StartsWith("//", StringComparison.Ordinal);
        var rest = content.TrimStart('/');
        if (rest.Length == 0 || rest[0] is '~' or '!' || rest.AsSpan().ContainsAny("[]\\{") || rest.Any(char.IsControl))
            return null;

        var isAnywhere = !content.TrimEnd('/').Contains('/', StringComparison.Ordinal);
        List<string> names = [.. rest.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(name => name != ".")];
        if (names.Count == 0 || names.Contains(".."))
            return null;
        if (isAnywhere)
            names.Insert(0, "**");
        if (content.EndsWith('/'))
            names.Add("**");
        return new PathPattern(isAbsolute, [.. names]);
    }

    /// <summary>Whether a rule that allows this allows that call: its path is written without a way up, and is matched whole.</summary>
    public bool Allows(ToolCall call)
    {
        if (PathOf(call) is not { } path || path.Contains("..") || NamesOf(path, call) is not { } names)
            return false;

        // A link leads out of the workspace: where to, its name does not tell.
        return !(call.LeavesWorkspace && IsWithin(path, call)) && Matches(_names, names);
    }

    /// <summary>Whether a rule that denies this denies that call: its path, or a folder above it, is matched; null when that cannot be told.</summary>
    public bool? Denies(ToolCall call)
    {
        if (PathOf(call) is not { } path)
            return null;

        List<string> resolved = [];
        foreach (var name in path)
        {
            if (name != "..")
                resolved.Add(name);
            else if (resolved.Count > 0)
                resolved.RemoveAt(resolved.Count - 1);
        }

        if (NamesOf([.. resolved], call) is { } names && Enumerable.Range(1, names.Length).Any(count => Matches(_names, names.AsSpan(0, count))))
            return true;
        return path.Contains("..") || call.LeavesWorkspace ? null : false;
    }

    private static string[]? PathOf(ToolCall call)
    {
        var text = PathField(call.Tool) is { } field ? call.Text(field) : null;
        if (string.IsNullOrEmpty(text) || text.Any(char.IsControl) || text[0] == '~')
            return null;
        return NamesOf(text[0] == '/' ? text : $"{call.Workspace}/{text}");
    }

    private static string[] NamesOf(string path) => [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(name => name != ".")];

    private static bool IsWithin(string[] path, ToolCall call) =>
        NamesOf(call.Workspace) is var workspace && path.AsSpan().StartsWith(workspace);

    /// <summary>The names that the pattern is about: all, or those beneath the workspace.</summary>
    private string[]? NamesOf(string[] path, ToolCall call)
    {
        if (_isAbsolute)
            return path;
        return IsWithin(path, call) ? path[NamesOf(call.Workspace).Length..] : null;
    }

    // As many steps as names times patterns: a reached set, so that many stars cost nothing.
    private static bool Matches(string[] pattern, ReadOnlySpan<string> names)
    {
        var reached = new bool[pattern.Length + 1];
        reached[0] = true;
        Skip(pattern, reached);
        foreach (var name in names)
        {
            var next = new bool[pattern.Length + 1];
            for (var i = 0; i < pattern.Length; i++)
            {
                if (!reached[i])
                    continue;
                if (pattern[i] == "**")
                    next[i] = true;

                // "a/**" is what is beneath a, and not a itself: two stars at the end take a name at least.
                if (pattern[i] == "**" ? i == pattern.Length - 1 : MatchesName(pattern[i], name))
                    next[i + 1] = true;
            }

            Skip(pattern, next);
            reached = next;
        }

        return reached[pattern.Length];
    }

    private static void Skip(string[] pattern, bool[] reached)
    {
        for (var i = 0; i < pattern.Length - 1; i++)
        {
            if (reached[i] && pattern[i] == "**")
                reached[i + 1] = true;
        }
    }

    private static bool MatchesName(string pattern, string name) =>
        System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);
}
