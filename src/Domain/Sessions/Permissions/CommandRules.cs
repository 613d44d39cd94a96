namespace Claudy.Domain.Sessions.Permissions;

/// <summary>Rules for Bash, held against a command line.</summary>
internal static class CommandRules
{
    private const int MaxDepth = 4;

    private static readonly System.Buffers.SearchValues<char> MeaningToShells = System.Buffers.SearchValues.Create(" \t\n;&|()<>`$'\"\\");

    /// <summary>The rules that together allow a line; null when they do not: each of its commands needs one, and there must be nothing else in it.</summary>
    public static IReadOnlyList<PermissionRule>? Allowing(ShellLine line, IReadOnlyList<PermissionRule> rules)
    {
        if (!line.IsPlain || line.Commands.Count == 0)
            return null;

        List<PermissionRule> used = [];
        foreach (var command in line.Commands)
        {
            if (Allowing(command, rules, isAlone: line.Commands.Count == 1) is not { } rule)
                return null;
            if (!used.Contains(rule))
                used.Add(rule);
        }

        return used;
    }

    /// <summary>Whether a rule denies a line: one of its commands is enough, wherever it stands; null when that cannot be told.</summary>
    public static bool? Denies(PermissionRule rule, ShellLine line) => Denies(CommandPattern.TryParse(rule.Content!), line, depth: 0);

    private static PermissionRule? Allowing(ShellCommand command, IReadOnlyList<PermissionRule> rules, bool isAlone) =>
        rules.FirstOrDefault(rule => CommandPattern.TryParse(rule.Content!)?.Allows(command, isAlone) ?? false)
        ?? (CommandRunners.Transparent(command) is { } inner ? Allowing(inner, rules, isAlone: false) : null);

    private static bool? Denies(CommandPattern? pattern, ShellLine line, int depth)
    {
        if (pattern is null || depth > MaxDepth)
            return null;

        bool? denied = line.IsUnderstood ? false : null;
        foreach (var command in line.Commands)
        {
            denied = Or(denied, pattern.Denies(command.Words));
            if (CommandRunners.IsDisguise(command))
                denied = Or(denied, null);
            if (CommandRunners.IsRunner(command))
                denied = Or(denied, DeniesWhatItRuns(pattern, command, depth));
        }

        return denied;
    }

    // Which of its words a runner runs depends on its options: each place is tried, and each word that may be a line itself.
    private static bool? DeniesWhatItRuns(CommandPattern pattern, ShellCommand runner, int depth)
    {
        bool? denied = runner.Words.All(w => w.Literal is not null) && !CommandRunners.ReadsCommands(runner) ? false : null;
        ShellWord[] words = [.. runner.Words];
        for (var at = 1; at < words.Length; at++)
        {
            denied = Or(denied, pattern.Denies(new ArraySegment<ShellWord>(words, at, words.Length - at)));
            if (IsGluedOption(words[at].Literal))
                denied = Or(denied, null);
            if (words[at].Literal is { } literal && literal.AsSpan().ContainsAny(MeaningToShells))
                denied = Or(denied, Denies(pattern, ShellLine.Parse(literal), depth + 1));
        }

        return runner.Name == "eval" ? Or(denied, Denies(pattern, ShellLine.Parse(string.Join(' ', words.Skip(1).Select(w => w.Text))), depth + 1)) : denied;
    }

    // An option may have the command at once behind it: -S'rm x', --command='rm x'.
    private static bool IsGluedOption(string? word) =>
        word is ['-', _, _, ..] && (word.AsSpan().ContainsAny(MeaningToShells) || word is ['-', 'S' or 'c', ..] || word.Contains('=', StringComparison.Ordinal));

    // As logic with an unknown has it, and bool? itself.
    private static bool? Or(bool? left, bool? right) => left | right;
}
