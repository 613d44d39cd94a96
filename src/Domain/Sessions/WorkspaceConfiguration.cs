using System.Security.Cryptography;
using System.Text.Json;

namespace Claudy.Domain.Sessions;

/// <summary>
/// What the files of a workspace would make Claude Code do, and nothing else of them: this is shown to the session's owner,
/// and this, to the letter, is what takes effect once it is approved.
/// </summary>
/// <param name="Digest">Names all of it but <paramref name="Ignored"/>: SHA-256, lower-case hexadecimal.</param>
/// <param name="Hooks">Commands that run by themselves, in the order of the files.</param>
/// <param name="Environment">Variables for Claude Code and all that it starts, ordered by name.</param>
/// <param name="McpServers">Servers that would be started or connected to, ordered by name.</param>
/// <param name="Instructions">Texts that would be put after the system prompt.</param>
/// <param name="Ignored">What the files have as well and what never takes effect, approved or not; at most 100.</param>
public sealed record WorkspaceConfiguration(
    string Digest,
    IReadOnlyList<WorkspaceHook> Hooks,
    IReadOnlyList<NamedValue> Environment,
    IReadOnlyList<McpServer> McpServers,
    IReadOnlyList<WorkspaceInstructions> Instructions,
    IReadOnlyList<IgnoredSetting> Ignored)
{
    /// <summary>How many ignored settings are told.</summary>
    public const int MaxIgnored = 100;

    /// <summary>Whether nothing of it would take effect.</summary>
    public bool IsEmpty() => Hooks.Count + Environment.Count + McpServers.Count + Instructions.Count == 0;

    /// <summary>A configuration, ordered and with its digest.</summary>
    public static WorkspaceConfiguration Of(
        IReadOnlyList<WorkspaceHook> hooks,
        IEnumerable<NamedValue> environment,
        IEnumerable<McpServer> mcpServers,
        IReadOnlyList<WorkspaceInstructions> instructions,
        IEnumerable<IgnoredSetting> ignored)
    {
        List<NamedValue> variables = [.. environment.OrderBy(e => e.Name, StringComparer.Ordinal)];
        List<McpServer> servers = [.. mcpServers.OrderBy(s => s.Name, StringComparer.Ordinal)];
        return new WorkspaceConfiguration(
            DigestOf(hooks, variables, servers, instructions), hooks, variables, servers, instructions, [.. ignored.Take(MaxIgnored)]);
    }

    // Written as JSON, in which no two configurations look the same.
    private static string DigestOf(
        IReadOnlyList<WorkspaceHook> hooks, List<NamedValue> environment, List<McpServer> servers, IReadOnlyList<WorkspaceInstructions> instructions)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            Write(writer, hooks, Write);
            Write(writer, environment, Write);
            Write(writer, servers, Write);
            Write(writer, instructions, Write);
            writer.WriteEndArray();
        }

        return Convert.ToHexStringLower(SHA256.HashData(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)));
    }

    private static void Write(Utf8JsonWriter writer, WorkspaceHook hook)
    {
        writer.WriteStringValue(hook.Event);
        writer.WriteStringValue(hook.Matcher);
        writer.WriteStringValue(hook.Command);
        Write(writer, hook.Args ?? [], static (w, arg) => w.WriteStringValue(arg));
        writer.WriteBooleanValue(hook.Args is not null);
        writer.WriteStringValue(hook.If);
        writer.WriteNumberValue(hook.TimeoutSeconds ?? 0);
        writer.WriteBooleanValue(hook.Once);
        writer.WriteBooleanValue(hook.IsAsync);
    }

    private static void Write(Utf8JsonWriter writer, NamedValue value)
    {
        writer.WriteStringValue(value.Name);
        writer.WriteStringValue(value.Value);
    }

    private static void Write(Utf8JsonWriter writer, McpServer server)
    {
        writer.WriteStringValue(server.Name);
        writer.WriteNumberValue((int)server.Transport);
        writer.WriteStringValue(server.Command);
        Write(writer, server.Args, static (w, arg) => w.WriteStringValue(arg));
        Write(writer, server.Environment, Write);
        writer.WriteStringValue(server.Url);
        Write(writer, server.Headers, Write);
    }

    private static void Write(Utf8JsonWriter writer, WorkspaceInstructions instructions)
    {
        writer.WriteStringValue(instructions.Path);
        writer.WriteStringValue(instructions.Text);
    }

    private static void Write<T>(Utf8JsonWriter writer, IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write)
    {
        writer.WriteStartArray();
        foreach (var item in items)
        {
            writer.WriteStartArray();
            write(writer, item);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }
}

/// <summary>A command that Claude Code runs by itself when something happens, in the sandbox and without asking.</summary>
/// <param name="Event">When, as Claude Code names it: <c>PreToolUse</c>, <c>SessionStart</c> …</param>
/// <param name="Matcher">For which tools or sources; null for all.</param>
/// <param name="Command">The shell command, or with <paramref name="Args"/> the program.</param>
/// <param name="Args">The program's arguments, without a shell; null for a shell command.</param>
/// <param name="If">A permission rule that narrows it; null for none.</param>
/// <param name="TimeoutSeconds">After how long it is ended; null for Claude Code's default.</param>
/// <param name="Once">Whether it runs the first time only.</param>
/// <param name="IsAsync">Whether Claude does not wait for it.</param>
public sealed record WorkspaceHook(
    string Event, string? Matcher, string Command, IReadOnlyList<string>? Args, string? If, double? TimeoutSeconds, bool Once, bool IsAsync);

/// <summary>A text for Claude, such as <c>CLAUDE.md</c>.</summary>
/// <param name="Path">The file, relative to the workspace.</param>
/// <param name="Text">All of it.</param>
public sealed record WorkspaceInstructions(string Path, string Text);

/// <summary>Something in a file of the workspace that never takes effect.</summary>
/// <param name="Path">The file, relative to the workspace.</param>
/// <param name="Name">What of it, such as <c>env.ANTHROPIC_BASE_URL</c>; never its value.</param>
/// <param name="Reason">Why not, a sentence for the user.</param>
public sealed record IgnoredSetting(string Path, string Name, string Reason);

/// <summary>What a session's owner said about a configuration.</summary>
public enum ConfigurationDecision
{
    /// <summary>It takes effect.</summary>
    Approved,

    /// <summary>It has no effect.</summary>
    Rejected,

    /// <summary>Nobody said anything: the workspace has no such configuration any more.</summary>
    Withdrawn,
}

/// <summary>The configuration that was found last, and what its owner said about it.</summary>
/// <param name="Found">What the files say.</param>
/// <param name="Decision">What the owner decided; null while that is open.</param>
public sealed record ConfigurationReview(WorkspaceConfiguration Found, ConfigurationDecision? Decision);
