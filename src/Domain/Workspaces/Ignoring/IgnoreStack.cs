namespace Claudy.Domain.Workspaces.Ignoring;

/// <summary>The <c>.gitignore</c> files from the workspace down to a folder; the nearest that says something about a name decides.</summary>
/// <remarks>What is in a folder that is left out is left out too, whatever is said about it: whoever lists does not go in.</remarks>
public sealed class IgnoreStack
{
    private readonly IgnoreStack? _above;
    private readonly GitIgnore? _own;
    private readonly string _prefix;

    private IgnoreStack(IgnoreStack? above, GitIgnore? own, string prefix) => (_above, _own, _prefix) = (above, own, prefix);

    /// <summary>That of the workspace itself.</summary>
    /// <param name="own">What its own file says, if there is one.</param>
    public static IgnoreStack OfRoot(GitIgnore? own) => new(null, own, "");

    /// <summary>That of a folder within.</summary>
    /// <param name="own">What its own file says, if there is one.</param>
    /// <param name="path">The folder's path from the workspace.</param>
    public IgnoreStack Within(GitIgnore? own, string path) => own is null ? this : new IgnoreStack(this, own, path + "/");

    /// <summary>Whether a name is left out; <c>.git</c> always is.</summary>
    /// <param name="path">From the workspace, with forward slashes.</param>
    /// <param name="isDirectory">Whether it is a folder.</param>
    public bool Ignores(string path, bool isDirectory)
    {
        if (path == ".git" || path.EndsWith("/.git", StringComparison.Ordinal))
        {
            return true;
        }

        for (var stack = this; stack is not null; stack = stack._above)
        {
            if (stack._own?.Ignores(path[stack._prefix.Length..], isDirectory) is { } ignores)
            {
                return ignores;
            }
        }

        return false;
    }
}
