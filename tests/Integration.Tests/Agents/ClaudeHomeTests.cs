using Claudy.Domain.Sessions;
using Claudy.Infrastructure.Agents.Claude;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Agents;

/// <summary>The server writes into a home in which the sandbox could plant what it liked.</summary>
public sealed class ClaudeHomeTests : IDisposable
{
    private static readonly Guid SessionId = Guid.Parse("00000000-0000-0000-0000-0000000000ff");

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("claudy-home-");

    private string Home => Path.Combine(_root.FullName, "home");

    private string Outside => Path.Combine(_root.FullName, "outside");

    private string Projects => Path.Combine(Home, ".claude", "projects", "-workspace");

    private string Transcript => Path.Combine(Projects, $"{SessionId}.jsonl");

    public ClaudeHomeTests()
    {
        Directory.CreateDirectory(Home);
        Directory.CreateDirectory(Outside);
    }

    [Fact]
    public void Put_WhenTheHomeIsEmpty_ShouldMakeTheFolders()
    {
        Put();

        File.ReadAllText(Transcript).ShouldContain("remember me");
        File.GetUnixFileMode(Transcript).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void Put_WhenThereIsATranscript_ShouldReplaceItAndLeaveNothingElse()
    {
        Directory.CreateDirectory(Projects);
        File.WriteAllText(Transcript, "old");

        Put();

        File.ReadAllText(Transcript).ShouldNotContain("old");
        Directory.GetFileSystemEntries(Projects).ShouldBe([Transcript]);
    }

    [Theory]
    [InlineData(".claude")]
    [InlineData(".claude/projects")]
    [InlineData(".claude/projects/-workspace")]
    public void Put_WhenAFolderIsALink_ShouldRefuse(string planted)
    {
        var path = Path.Combine(Home, planted);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Directory.CreateSymbolicLink(path, Outside);

        Should.Throw<IOException>(Put);
        Directory.GetFileSystemEntries(Outside).ShouldBeEmpty();
    }

    [Fact]
    public void Put_WhenTheTranscriptIsALink_ShouldReplaceTheLinkAndReadNothingThroughIt()
    {
        var secret = Path.Combine(Outside, "secret");
        File.WriteAllText(secret, $$$"""{"type":"file-history-snapshot","snapshot":{"messageId":"{{{MessageId}}}","secret":"leaked"}}""");
        Directory.CreateDirectory(Projects);
        File.CreateSymbolicLink(Transcript, secret);

        Put();

        File.ReadAllText(secret).ShouldContain("leaked");
        File.ResolveLinkTarget(Transcript, returnFinalTarget: false).ShouldBeNull();
        File.ReadAllText(Transcript).ShouldNotContain("leaked");
    }

    [Fact]
    public async Task Put_WhenTheTranscriptIsAPipe_ShouldNotWaitForIt()
    {
        Directory.CreateDirectory(Projects);
        using var mkfifo = System.Diagnostics.Process.Start("mkfifo", Transcript);
        await mkfifo.WaitForExitAsync();

        await Task.Run(Put).WaitAsync(TimeSpan.FromSeconds(30));

        File.ReadAllText(Transcript).ShouldContain("remember me");
    }

    [Fact]
    public void Put_WhenTheTranscriptIsAFolder_ShouldFailAndLeaveNothing()
    {
        Directory.CreateDirectory(Transcript);

        Should.Throw<IOException>(Put);
        Directory.GetFileSystemEntries(Projects).ShouldBe([Transcript]);
    }

    [Theory]
    [InlineData("/workspace", "-workspace")]
    [InlineData("/srv/x_1/Wörk.space", "-srv-x-1-W-rk-space")]
    public void FolderOf_ShouldBeTheCliesName(string workspace, string folder) => ClaudeTranscript.FolderOf(workspace).ShouldBe(folder);

    public void Dispose() => _root.Delete(recursive: true);

    private static string MessageId => "00000000-0000-0000-0000-0000000000aa";

    private void Put() => ClaudeTranscript.Put(
        Home, "/workspace", SessionId, new Conversation([new ConversationTurn(1, new ChatMessage(MessageId, null, "remember me", []), [], DateTimeOffset.UnixEpoch, false)], false));
}
