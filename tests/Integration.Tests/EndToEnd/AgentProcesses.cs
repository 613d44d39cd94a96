using System.Diagnostics;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary>Finds the processes of a session on this machine, by the session's id on their command lines.</summary>
internal static class AgentProcesses
{
    /// <summary>All of them: Claude Code and what wraps it.</summary>
    public static IReadOnlyList<int> Of(string session) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), out var id) ? id : 0)
            .Where(id => id > 0 && Read($"/proc/{id}/cmdline").Contains(session, StringComparison.Ordinal)),
    ];

    /// <summary>Kills Claude Code itself, as the kernel does when memory runs out.</summary>
    public static void KillClaude(string session)
    {
        foreach (var id in Of(session).Where(id => Path.GetFileName(new FileInfo($"/proc/{id}/exe").LinkTarget ?? "") == "claude"))
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
        catch (UnauthorizedAccessException)
        {
            return "";
        }
    }
}
