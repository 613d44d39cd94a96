using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Claudy.Application.Files.Ports;

namespace Claudy.Infrastructure.Repositories;

/// <summary>What git prints: its progress, and its last lines. Takes lines on the process's reader thread.</summary>
internal sealed partial class GitOutput(Action<CloneProgress> onProgress)
{
    private const int KeptLines = 20;
    private const int MaxLineLength = 500;

    private readonly Queue<string> _last = new();
    private CloneProgress? _told;

    /// <summary>The last lines that are no progress, oldest first.</summary>
    public IReadOnlyList<string> Lines => [.. _last];

    public void Take(ReadOnlyMemory<byte> line)
    {
        var text = Plain(Encoding.UTF8.GetString(line.Span[..Math.Min(line.Length, MaxLineLength)]));
        if (text.Length == 0)
        {
            return;
        }

        if (Progress().Match(text) is { Success: true } match)
        {
            Tell(new CloneProgress(
                match.Groups["phase"].Value.ToLowerInvariant().Replace(' ', '_'),
                Math.Min(100, int.Parse(match.Groups["percent"].Value, CultureInfo.InvariantCulture))));
            return;
        }

        _last.Enqueue(text);
        if (_last.Count > KeptLines)
        {
            _last.Dequeue();
        }
    }

    private void Tell(CloneProgress progress)
    {
        if (progress != _told)
        {
            _told = progress;
            onProgress(progress);
        }
    }

    // The other side's words are among them, and may be anything.
    private static string Plain(string text) =>
        string.Concat(text.EnumerateRunes().Where(rune => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format))).Trim();

    [GeneratedRegex("^(remote: )?(?<phase>(Enumerating|Counting|Compressing|Receiving|Unpacking) objects|Resolving deltas|Updating files): +(?<percent>[0-9]{1,3})%")]
    private static partial Regex Progress();
}
