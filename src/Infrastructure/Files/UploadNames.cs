using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Files;

/// <summary>What belongs to an upload in a session's staging folder: its content, what it is for, and in the end what came of it.</summary>
internal static class UploadNames
{
    private const string ContentSuffix = ".part";
    private const string PlanSuffix = ".plan";
    private const string DoneSuffix = ".done";

    public static EntryName Content(UploadId id) => EntryName.From(id.Value + ContentSuffix);

    public static EntryName Plan(UploadId id) => EntryName.From(id.Value + PlanSuffix);

    public static EntryName Done(UploadId id) => EntryName.From(id.Value + DoneSuffix);

    public static bool IsDone(EntryName name) => name.Text.EndsWith(DoneSuffix, StringComparison.Ordinal);

    /// <summary>The upload that a plan is of; null when the name is no plan's.</summary>
    public static UploadId? IdOf(EntryName name) =>
        name.Text.EndsWith(PlanSuffix, StringComparison.Ordinal) ? UploadId.Parse(name.Text[..^PlanSuffix.Length]) : null;

    /// <summary>The content that a plan is for; null when the name is no plan's.</summary>
    public static EntryName? ContentOf(EntryName name) => IdOf(name) is { } id ? Content(id) : null;
}
