using System.Buffers.Text;
using System.Text;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Files;

/// <summary>Where a page of a listing ended: the path of its last entry, in a form that no client takes for a path.</summary>
internal static class ListingCursor
{
    private static readonly Error Foreign = WorkspaceErrors.PathInvalid("the cursor is not one that this listing gave");

    public static string After(string path) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(path));

    /// <summary>The names from the listed folder to the entry; none without a cursor.</summary>
    public static Result<string[]> Read(string? cursor, WorkspacePath? listed)
    {
        if (cursor is null)
        {
            return Array.Empty<string>();
        }

        if (!Base64Url.IsValid(cursor) || WorkspacePath.Parse(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor))) is not { IsSuccess: true, Value: var path })
        {
            return Foreign;
        }

        var prefix = listed is null ? "" : listed.Value + "/";
        return path.Value.StartsWith(prefix, StringComparison.Ordinal) ? path.Value[prefix.Length..].Split('/') : Foreign;
    }
}
