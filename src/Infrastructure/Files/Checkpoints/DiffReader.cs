using System.Text;
using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Files.Checkpoints;

/// <summary>Reads the differences that git writes, as much of them as goes into an answer.</summary>
internal static class DiffReader
{
    /// <summary>So many files.</summary>
    public const int MaxFiles = 500;

    private const int MaxFileCharacters = 64 * 1024;
    private const int MaxCharacters = 1024 * 1024;
    private const string Section = "diff --git ";

    /// <summary>What <c>--name-status -z</c> says: a letter, a path, a letter, a path.</summary>
    /// <returns>The files, and whether there are more.</returns>
    public static (IReadOnlyList<(string Path, FileChange Change)> Files, bool IsTruncated) ReadNames(string text)
    {
        var words = text.Split('\0', StringSplitOptions.RemoveEmptyEntries);
        var files = words.Chunk(2).Where(pair => pair.Length == 2).Take(MaxFiles).Select(pair => (pair[1], pair[0] switch
        {
            "A" => FileChange.Created,
            "D" => FileChange.Deleted,
            _ => FileChange.Modified,
        })).ToList();
        return (files, words.Length > 2 * MaxFiles);
    }

    /// <summary>What <c>-p</c> says of the same files in the same order. A line of a file's own never begins like a section.</summary>
    public static async Task<IReadOnlyList<FileDiff>> ReadAsync(Stream output, IReadOnlyList<(string Path, FileChange Change)> files, CancellationToken cancellationToken)
    {
        using var reader = new BoundedLines(output);
        List<FileDiff> diffs = [];
        var left = MaxCharacters;
        var section = new DiffSection();
        var isInSection = false;
        while (left > 0 && diffs.Count < files.Count && await reader.NextAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith(Section, StringComparison.Ordinal))
            {
                if (isInSection)
                {
                    diffs.Add(section.End(files[diffs.Count]));
                }

                (section, isInSection) = (new DiffSection(), true);
                continue;
            }

            left -= section.Add(line, Math.Min(MaxFileCharacters, left));
        }

        if (isInSection && diffs.Count < files.Count)
        {
            diffs.Add(section.End(files[diffs.Count], isCut: left <= 0));
        }

        return [.. diffs, .. files.Skip(diffs.Count).Select(file => new FileDiff(file.Path, file.Change, null, IsBinary: false, IsTruncated: true))];
    }

    // A line may be as long as a file; what is beyond an answer is read and dropped.
    private sealed class BoundedLines(Stream output) : IDisposable
    {
        private readonly StreamReader _reader = new(output, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        private readonly char[] _buffer = new char[8192];
        private int _at;
        private int _filled;

        public async Task<string?> NextAsync(CancellationToken cancellationToken)
        {
            var line = new StringBuilder();
            while (_at < _filled || await FillAsync(cancellationToken))
            {
                var rest = _buffer.AsMemory(_at, _filled - _at);
                var end = rest.Span.IndexOf('\n');
                var piece = end < 0 ? rest : rest[..end];
                line.Append(piece.Span[..Math.Min(piece.Length, MaxFileCharacters + 1 - line.Length)]);
                _at += piece.Length + (end < 0 ? 0 : 1);
                if (end >= 0)
                {
                    return line.ToString();
                }
            }

            return line.Length > 0 ? line.ToString() : null;
        }

        public void Dispose() => _reader.Dispose();

        private async Task<bool> FillAsync(CancellationToken cancellationToken)
        {
            (_at, _filled) = (0, await _reader.ReadAsync(_buffer.AsMemory(), cancellationToken));
            return _filled > 0;
        }
    }

    private sealed class DiffSection
    {
        private readonly StringBuilder _text = new();
        private bool _hasBegun;
        private bool _isBinary;
        private bool _isCut;

        /// <returns>How many characters it took.</returns>
        public int Add(string line, int most)
        {
            _hasBegun |= line.StartsWith("--- ", StringComparison.Ordinal);
            _isBinary |= !_hasBegun && line.StartsWith("Binary files ", StringComparison.Ordinal);
            if (!_hasBegun || _isCut)
            {
                return 0;
            }

            _isCut = _text.Length + line.Length + 1 > most;
            if (_isCut)
            {
                return 0;
            }

            _text.Append(line).Append('\n');
            return line.Length + 1;
        }

        public FileDiff End((string Path, FileChange Change) file, bool isCut = false) =>
            new(file.Path, file.Change, _hasBegun ? _text.ToString() : null, _isBinary, _isCut || isCut);
    }
}
