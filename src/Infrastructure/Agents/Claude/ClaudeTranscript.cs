using System.Text.Json;
using Claudy.Domain.Sessions;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>
/// A session's transcript as the CLI keeps it, under <c>.claude/projects</c> in its home, made from the session's own history so
/// that <c>--resume</c> finds it.
/// </summary>
internal static class ClaudeTranscript
{
    // The CLI reads it whole as well; beyond this there is no sense in looking for what was in it.
    private const int MaxBytes = 64 * 1024 * 1024;

    private static readonly byte[] SnapshotLine = [.. "{\"type\":\"file-history-snapshot\""u8];

    /// <summary>Puts the transcript in place of the one that is there, if there is one, and keeps that one's file checkpoints.</summary>
    /// <param name="home">The session's home, on this machine.</param>
    /// <param name="workspace">The workspace as the CLI sees it.</param>
    /// <param name="sessionId">What it is to be resumed by.</param>
    /// <param name="conversation">What is to be remembered; at least one turn.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal static void Put(string home, string workspace, Guid sessionId, Conversation conversation)
    {
        var file = $"{sessionId:D}.jsonl";
        using var folder = ClaudeHome.Open(home, ".claude", "projects", FolderOf(workspace));
        var checkpoints = CheckpointsOf(folder, file);
        using var stream = new MemoryStream();
        new ClaudeTranscriptWriter(stream, sessionId, workspace, checkpoints, Guid.NewGuid).Write(conversation);
        folder.Write(file, stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    /// <summary>The folder in which the CLI keeps what belongs to a working directory.</summary>
    internal static string FolderOf(string workspace) =>
        string.Concat(workspace.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-'));

    private static Dictionary<string, JsonElement> CheckpointsOf(ClaudeHome folder, string file)
    {
        try
        {
            return folder.Read(file, MaxBytes) is { } old ? CheckpointsOf(old) : [];
        }
        catch (IOException)
        {
            // Whatever has that name is replaced, or fails to be.
            return [];
        }
    }

    /// <summary>
    /// What the files were before each message, by the message's id; the last word on each. The CLI tells it in pieces that hang
    /// on answers, which are gone from a transcript that was made anew.
    /// </summary>
    internal static Dictionary<string, JsonElement> CheckpointsOf(ReadOnlySpan<byte> transcript)
    {
        Dictionary<string, JsonElement> found = new(StringComparer.Ordinal);
        foreach (var range in transcript.Split((byte)'\n'))
        {
            var line = transcript[range];
            if (line.StartsWith(SnapshotLine) && TryParse(line) is var (messageId, snapshot))
                found[messageId] = snapshot;
        }

        return found;
    }

    private static (string MessageId, JsonElement Snapshot)? TryParse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonElement.Parse(line).Property("snapshot") is { } snapshot && snapshot.Text("messageId") is { } messageId ? (messageId, snapshot) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // cut off, not the CLI's, or with half a character in it
        }
    }
}
