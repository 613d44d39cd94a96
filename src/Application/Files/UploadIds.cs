using Claudy.Domain.Workspaces;

namespace Claudy.Application.Files;

/// <summary>What is asked of a client's names for uploads.</summary>
internal static class UploadIds
{
    public const string Rule = "upload_id must be 1 to 64 letters, digits, hyphens or underscores.";

    public static bool IsValid(string? text) => UploadId.Parse(text) is not null;
}
