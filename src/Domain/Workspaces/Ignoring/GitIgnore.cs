using System.Text;

namespace Claudy.Domain.Workspaces.Ignoring;

/// <summary>What one <c>.gitignore</c> says, by git's documented rules.</summary>
public sealed class GitIgnore
{
    /// <summary>The name of such files.</summary>
    public const string FileName = ".gitignore";

    /// <summary>The most bytes of a file that are read; what is beyond is as if it were not there.</summary>
    public const int MaxBytes = 128 * 1024;

    /// <summary>The most lines that count.</summary>
    public const int MaxRules = 2000;

    private const byte Slash = (byte)'/';

    private readonly List<Rule> _rules = [];

    /// <summary>Reads one.</summary>
    /// <param name="content">What the file holds.</param>
    public GitIgnore(ReadOnlySpan<byte> content)
    {
        content = content.StartsWith("\uFEFF"u8) ? content[3..] : content;
        foreach (var range in content.Split((byte)'\n'))
        {
            var line = content[range];
            if (_rules.Count < MaxRules && Read(line.EndsWith("\r"u8) ? line[..^1] : line) is { } rule)
            {
                _rules.Add(rule);
            }
        }
    }

    /// <summary>What it says about a name.</summary>
    /// <param name="path">From the folder that the file is in, with forward slashes.</param>
    /// <param name="isDirectory">Whether it is a folder.</param>
    /// <returns>Whether it is left out; null when nothing is said.</returns>
    public bool? Ignores(string path, bool isDirectory)
    {
        var whole = Encoding.UTF8.GetBytes(path);
        var name = whole.AsSpan((whole.AsSpan().LastIndexOf(Slash) + 1)..);
        for (var i = _rules.Count - 1; i >= 0; i--)
        {
            var rule = _rules[i];
            if ((isDirectory || !rule.IsForFolders) && WildMatch.Matches(rule.Pattern, rule.IsPath ? whole : name, rule.IsPath))
            {
                return !rule.IsNegated;
            }
        }

        return null;
    }

    private static Rule? Read(ReadOnlySpan<byte> line)
    {
        line = WithoutTrailingSpaces(line);
        if (line.IsEmpty || line[0] == (byte)'#')
        {
            return null;
        }

        var isNegated = line[0] == (byte)'!';
        line = isNegated ? line[1..] : line;
        var isForFolders = line.EndsWith("/"u8);
        line = isForFolders ? line[..^1] : line;
        if (line.IsEmpty)
        {
            return null;
        }

        var isPath = line.Contains(Slash);
        line = line[0] == Slash ? line[1..] : line;
        return new Rule(line.ToArray(), isPath, isForFolders, isNegated);
    }

    // Unless a backslash stands before them.
    private static ReadOnlySpan<byte> WithoutTrailingSpaces(ReadOnlySpan<byte> line)
    {
        int at = 0, end = 0;
        while (at < line.Length)
        {
            var isSpace = line[at] == (byte)' ';
            at = Math.Min(line.Length, at + (line[at] == (byte)'\\' ? 2 : 1));
            end = isSpace ? end : at;
        }

        return line[..end];
    }

    private sealed record Rule(byte[] Pattern, bool IsPath, bool IsForFolders, bool IsNegated);
}
