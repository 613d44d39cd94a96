using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Files.Checkpoints;

/// <summary>A file that differs between two checkpoints, with what it was.</summary>
/// <param name="Path">Which file.</param>
/// <param name="WasThere">Whether the first has it.</param>
/// <param name="WasExecutable">Whether it could be executed then.</param>
/// <param name="Content">Git's name for what it held then.</param>
internal sealed record StoredChange(WorkspacePath Path, bool WasThere, bool WasExecutable, string Content)
{
    /// <summary>What <c>diff-tree --raw -z</c> says: <c>:mode mode content content letter</c>, a path, and so on.</summary>
    public static IEnumerable<StoredChange> Read(string text)
    {
        foreach (var pair in text.Split('\0', StringSplitOptions.RemoveEmptyEntries).Chunk(2))
        {
            var words = pair[0].Split(' ');
            if (pair.Length == 2 && words.Length == 5 && WorkspacePath.Parse(pair[1]) is { IsSuccess: true, Value: var path })
            {
                yield return new StoredChange(path, words[4] != "A", words[0] == ":100755", words[2]);
            }
        }
    }
}
