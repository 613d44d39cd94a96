using System.Text;
using System.Text.Json;
using Claudy.Application.Files.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>
/// Reads the files by which a workspace configures Claude Code, through <see cref="IWorkspaceFiles"/>: they may be links,
/// devices or without an end, and may change while they are read.
/// </summary>
internal sealed class ClaudeWorkspaceReader(IWorkspaceFiles files) : IWorkspaceConfigurationReader
{
    /// <summary>More of one file is not read, and then nothing of it takes effect.</summary>
    internal const int MaxFileBytes = 32 * 1024;

    /// <summary>The files that are looked at.</summary>
    internal static readonly IReadOnlyList<string> SettingsFiles = [".claude/settings.json", ".claude/settings.local.json"];
    internal static readonly IReadOnlyList<string> InstructionFiles = ["CLAUDE.md", ".claude/CLAUDE.md", "CLAUDE.local.md"];
    internal const string McpFile = ".mcp.json";

    // Comments and trailing commas as Claude Code takes them; what is nested deeper than this is nothing that it knows.
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 32 };
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public async Task<WorkspaceConfiguration> ReadAsync(SessionId session, CancellationToken cancellationToken)
    {
        var draft = new ClaudeWorkspaceDraft();
        foreach (var path in SettingsFiles)
            await ReadJsonAsync(session, path, draft, ClaudeProjectSettings.Read, cancellationToken);
        await ReadJsonAsync(session, McpFile, draft, ClaudeMcpServers.Read, cancellationToken);
        foreach (var path in InstructionFiles)
        {
            if (await ReadTextAsync(session, path, draft, cancellationToken) is { } text && !string.IsNullOrWhiteSpace(text))
                draft.Instructions.Add(new WorkspaceInstructions(path, text));
        }

        return draft.ToConfiguration();
    }

    public bool Reads(WorkspacePath path) =>
        path.Value == McpFile || SettingsFiles.Contains(path.Value, StringComparer.Ordinal) || InstructionFiles.Contains(path.Value, StringComparer.Ordinal);

    private async Task ReadJsonAsync(
        SessionId session, string path, ClaudeWorkspaceDraft draft, Action<string, JsonElement, ClaudeWorkspaceDraft> read, CancellationToken cancellationToken)
    {
        if (await ReadTextAsync(session, path, draft, cancellationToken) is not { } text)
            return;

        // All of a file or nothing: half of one is not what its author meant.
        var ofFile = new ClaudeWorkspaceDraft();
        try
        {
            using var document = JsonDocument.Parse(text, Lenient);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                read(path, document.RootElement, ofFile);
                draft.Add(ofFile);
                return;
            }
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            // Not JSON, or half of a character in a string.
        }

        draft.Ignore(path, "*", "It is not a JSON object.");
    }

    private async Task<string?> ReadTextAsync(SessionId session, string path, ClaudeWorkspaceDraft draft, CancellationToken cancellationToken)
    {
        var read = await files.ReadAsync(session, WorkspacePath.Parse(path).Value, 0, MaxFileBytes + 1, cancellationToken);
        if (!read.IsSuccess)
        {
            if (read.Error.Code != WorkspaceErrors.NotFound(path).Code)
                draft.Ignore(path, "*", "It is no regular file, or cannot be read.");
            return null;
        }

        if (read.Value.Content.Length > MaxFileBytes)
        {
            draft.Ignore(path, "*", $"It is larger than {MaxFileBytes / 1024} KiB.");
            return null;
        }

        try
        {
            return Strict.GetString(read.Value.Content.Span).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            draft.Ignore(path, "*", "It is not UTF-8.");
            return null;
        }
    }
}

/// <summary>A configuration that is being read.</summary>
internal sealed class ClaudeWorkspaceDraft
{
    private readonly Dictionary<string, McpServer> _servers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal);
    private readonly List<IgnoredSetting> _ignored = [];

    public List<WorkspaceHook> Hooks { get; } = [];

    public List<WorkspaceInstructions> Instructions { get; } = [];

    public void Set(string name, string value) => _environment[name] = value;

    public void Set(McpServer server) => _servers[server.Name] = server;

    public void Ignore(string path, string name, string reason) =>
        _ignored.Add(new IgnoredSetting(path, name.Length > 200 ? name[..200] : name, reason));

    /// <summary>Adds what a further file says; where both name the same, the further one holds.</summary>
    public void Add(ClaudeWorkspaceDraft other)
    {
        Hooks.AddRange(other.Hooks);
        _ignored.AddRange(other._ignored);
        foreach (var (name, value) in other._environment)
            Set(name, value);
        foreach (var server in other._servers.Values)
            Set(server);
    }

    public WorkspaceConfiguration ToConfiguration() => WorkspaceConfiguration.Of(
        Hooks, _environment.Select(pair => new NamedValue(pair.Key, pair.Value)), _servers.Values, Instructions, _ignored);
}
