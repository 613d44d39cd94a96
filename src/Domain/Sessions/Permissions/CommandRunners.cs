namespace Claudy.Domain.Sessions.Permissions;

/// <summary>Commands that are more than they look like: those that run another one, and those that change what later ones mean.</summary>
internal static class CommandRunners
{
    private static readonly HashSet<string> Runners = new(StringComparer.Ordinal)
    {
        "sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish", "csh", "tcsh", "rbash", "busybox", "toybox",
        "eval", "source", ".", "exec", "command", "builtin", "trap", "noglob", "nocorrect", "-",
        "env", "sudo", "doas", "su", "runuser", "pkexec", "sg", "newgrp", "setpriv", "capsh", "chroot", "unshare", "nsenter", "bwrap", "firejail",
        "timeout", "time", "nice", "ionice", "nohup", "setsid", "stdbuf", "unbuffer", "chrt", "taskset", "prlimit", "choom", "systemd-run", "daemonize",
        "xargs", "parallel", "watch", "entr", "flock", "script", "strace", "ltrace", "gdb", "ssh", "dbus-run-session", "xvfb-run", "at", "batch",
        "screen", "tmux", "rlwrap", "fakeroot", "proot", "faketime",
    };

    private static readonly HashSet<string> Changers = new(StringComparer.Ordinal)
    {
        "export", "declare", "typeset", "local", "readonly", "integer", "float", "unset", "alias", "unalias", "set", "shopt", "setopt", "unsetopt", "emulate",
        "enable", "disable", "hash", "rehash", "zmodload", "autoload", "functions", "bind", "read", "mapfile", "readarray", "getopts", "let", "zle",
    };

    private static readonly HashSet<string> Shells = new(StringComparer.Ordinal)
    {
        "sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish", "csh", "tcsh", "rbash", "busybox", "toybox",
    };

    private static readonly HashSet<string> Readers = new(StringComparer.Ordinal) { "source", ".", "at", "batch", "newgrp", "screen", "tmux", "ssh" };

    private static readonly HashSet<string> Disguises = new(StringComparer.Ordinal) { "hash", "alias", "enable", "shopt", "setopt", "emulate", "functions", "autoload" };

    private static readonly HashSet<string> FindActions = new(StringComparer.Ordinal)
    {
        "-exec", "-execdir", "-ok", "-okdir", "-delete", "-fls", "-fprint", "-fprint0", "-fprintf",
    };

    private static readonly System.Buffers.SearchValues<char> DurationDigits = System.Buffers.SearchValues.Create("0123456789.");

    /// <summary>Whether it runs another command that its arguments name.</summary>
    public static bool IsRunner(ShellCommand command) =>
        BaseName(command.Name) is { } name && (Runners.Contains(name) || (name == "find" && Acts(command)));

    /// <summary>Whether it lets later commands be called by other names, so that what is denied need not be named.</summary>
    public static bool IsDisguise(ShellCommand command) => command.Name is { } name && Disguises.Contains(name);

    /// <summary>Whether it, or what it runs, takes commands from a file or from its input, where nobody can see them.</summary>
    public static bool ReadsCommands(ShellCommand command)
    {
        var hasLine = command.Words.Any(w => w.Literal is ['-', .., 'c'] and not ['-', '-', ..]);
        var names = command.Words.Select(w => BaseName(w.Literal)).OfType<string>().ToList();
        return names.Exists(Readers.Contains)
            || (names.Exists(Shells.Contains) && !hasLine)
            || (names is ["xargs" or "parallel", .. var rest] && (rest.TrueForAll(word => word.StartsWith('-')) || rest.Exists(Runners.Contains)));
    }

    /// <summary>Whether it changes what the commands after it mean, or reckons with its arguments, which may run a command.</summary>
    public static bool IsChanger(ShellCommand command) => command.Name switch
    {
        null => false,
        "printf" => command.Words.Any(w => w.Literal is null or ['-', 'v', ..]),
        "test" or "[" => command.Words.Any(w => w.Literal is not { } literal || literal.AsSpan().ContainsAny('$', '`')),
        var name => Changers.Contains(name),
    };

    /// <summary>
    /// The command that <c>timeout</c>, <c>nice</c>, <c>nohup</c> or <c>time</c> run as it is, and nothing else; null when it is
    /// another one or its options are not exactly known.
    /// </summary>
    public static ShellCommand? Transparent(ShellCommand command)
    {
        var words = command.Words;
        var at = command.Name switch
        {
            "nohup" => 1,
            "time" => Word(words, 1) == "-p" ? 2 : 1,
            "nice" => AfterNice(words),
            "timeout" => AfterTimeout(words),
            _ => words.Count,
        };
        return at < words.Count && words[at].Literal is { } name && !name.StartsWith('-') ? new ShellCommand([.. words.Skip(at)]) : null;
    }

    /// <summary>A command's name without its folder.</summary>
    public static string? BaseName(string? name) => name?[(name.LastIndexOf('/') + 1)..];

    private static bool Acts(ShellCommand command) => command.Words.Any(w => w.Literal is not { } literal || FindActions.Contains(literal));

    private static int AfterNice(IReadOnlyList<ShellWord> words) => Word(words, 1) switch
    {
        "-n" when int.TryParse(Word(words, 2), out _) => 3,
        ['-', .. var number] when int.TryParse(number, out _) => 2,
        _ => 1,
    };

    private static int AfterTimeout(IReadOnlyList<ShellWord> words)
    {
        var at = 1;
        while (Word(words, at) is { } option && option.StartsWith('-'))
        {
            switch (option)
            {
                case "--foreground" or "--preserve-status" or "-v" or "--verbose":
                    at++;
                    break;
                case "-k" or "-s":
                    at += 2;
                    break;
                default:
                    return words.Count;
            }
        }

        return IsDuration(Word(words, at)) ? at + 1 : words.Count;
    }

    private static bool IsDuration(string? text) =>
        text is [>= '0' and <= '9', ..] && text.AsSpan().TrimEnd("smhd").IndexOfAnyExcept(DurationDigits) < 0;

    private static string? Word(IReadOnlyList<ShellWord> words, int at) => at < words.Count ? words[at].Literal : null;
}
