using System.Text;
using Claudy.Domain.Workspaces;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Shouldly;

namespace Claudy.Domain.Tests.Workspaces;

/// <summary>What is accepted stays within the workspace, however it was put together.</summary>
public sealed class WorkspacePathPropertyTests
{
    private static readonly string[] Pieces =
        ["a", "b.txt", "..", ".", "...", "/", "//", "\\", "\0", "\n", " ", "~", "C:", "%2e", "ü", "日", "👩", "\u202E", "\u200D", "\uFEFF", "\uD800", "\uFFFD"];

    [Property(MaxTest = 2000, Arbitrary = [typeof(WorkspacePathPropertyTests)])]
    public void AnyAcceptedPath_ShouldStayBeneathTheWorkspace(OddPath odd)
    {
        var parsed = WorkspacePath.Parse(odd.Text);
        if (!parsed.IsSuccess)
        {
            return;
        }

        Path.GetFullPath(Path.Combine("/workspace", parsed.Value.Value)).ShouldBe("/workspace/" + odd.Text);
    }

    [Property(MaxTest = 2000, Arbitrary = [typeof(WorkspacePathPropertyTests)])]
    public void AnyAcceptedPath_ShouldSurviveTheWayToTheFileSystemAndBack(OddPath odd)
    {
        var parsed = WorkspacePath.Parse(odd.Text);
        if (!parsed.IsSuccess)
        {
            return;
        }

        var bytes = new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(parsed.Value.Value);
        bytes.ShouldNotContain((byte)0);
        bytes.Length.ShouldBeLessThanOrEqualTo(WorkspacePath.MaxBytes);
        WorkspacePath.Parse(Encoding.UTF8.GetString(bytes)).Value.ShouldBe(parsed.Value);
    }

    [Property(MaxTest = 2000, Arbitrary = [typeof(WorkspacePathPropertyTests)])]
    public void AnyTextAtAll_ShouldBeAcceptedOrRefusedWithAReason(OddPath odd)
    {
        var parsed = WorkspacePath.Parse(odd.Text);

        (parsed.IsSuccess || parsed.Error.Code == "FILE_003").ShouldBeTrue();
    }

    [Property]
    public void AnyPathOfPlainNames_ShouldBeAccepted(PositiveInt seed)
    {
        var names = Enumerable.Range(0, (seed.Get % WorkspacePath.MaxDepth) + 1).Select(i => $"n{(seed.Get + i) % 97}");

        WorkspacePath.Parse(string.Join('/', names)).IsSuccess.ShouldBeTrue();
    }

    /// <summary>Odd pieces in any order, and now and then any text at all.</summary>
    public static Arbitrary<OddPath> Paths() => Gen.OneOf(
        Gen.Elements(Pieces).ListOf().Select(pieces => new OddPath(string.Concat(pieces))),
        Gen.Elements(Pieces).ListOf().Select(pieces => new OddPath(string.Join('/', pieces))),
        ArbMap.Default.GeneratorFor<string>().Select(text => new OddPath(text ?? ""))).ToArbitrary();

    public sealed record OddPath(string Text);
}
