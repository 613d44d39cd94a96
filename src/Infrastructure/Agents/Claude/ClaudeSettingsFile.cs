using System.Text.Json;
using Claudy.Infrastructure.Sandbox;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>
/// The settings that the CLI is started with, in a file: an approved hook may hold a secret, and everybody on the machine can read
/// command lines. It lies beside the session's sockets, which only the server's user can reach and the sandbox cannot write, for as
/// long as the process runs: the CLI reads it again when other settings change. It goes with that folder.
/// </summary>
internal static class ClaudeSettingsFile
{
    private const string Name = "settings.json";
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Where the CLI finds it.</summary>
    internal static string PathIn(SandboxView view) => Path.Combine(view.Runtime, Name);

    /// <summary>Writes it anew.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal static void Write(string runtimePath, ClaudeSettings settings)
    {
        // Never into what is there: without a sandbox that may be anything.
        var path = Path.Combine(runtimePath, Name);
        File.Delete(path);
        using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnersFile });
        JsonSerializer.Serialize(file, settings, ClaudeJson.Default.ClaudeSettings);
    }
}
