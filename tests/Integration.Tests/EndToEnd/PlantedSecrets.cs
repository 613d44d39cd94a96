using System.Diagnostics;
using System.Text;
using Claudy.Infrastructure.Processes;
using Shouldly;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary>Secrets that a test gave to the server, and the places where it looks for them.</summary>
internal sealed class PlantedSecrets
{
    // errno: a process that has ended, and a socket.
    private const int NoSuchProcess = 3;
    private const int NoSuchDevice = 6;

    /// <summary>A command that shows what a tool can find in its sandbox.</summary>
    public static string LookAround { get; } = string.Join('\n', [
        "env",
        "cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n' | sort -u",
        "find /workspace /home /run /tmp /etc -type f -size -200k -exec cat {} + 2>/dev/null | tr -d '\\0' | grep -a -o -E '(sk-ant-|claudy_pat_|eyJ)[A-Za-z0-9._-]*' | sort -u",
        "echo search is over",
    ]);

    private readonly Dictionary<string, string> _secrets = new(StringComparer.Ordinal);
    private readonly List<string> _found = [];

    /// <summary>What was planted under a name.</summary>
    public string this[string name] => _secrets[name];

    /// <summary>Which were found, and where.</summary>
    public IReadOnlyList<string> Found => [.. _found.Distinct(StringComparer.Ordinal)];

    /// <summary>Makes a secret that looks like a key of Anthropic's.</summary>
    public string Plant(string name) => Plant(name, $"sk-ant-{Guid.NewGuid():N}{Guid.NewGuid():N}");

    /// <summary>Takes a secret that somebody else made.</summary>
    public string Plant(string name, string value)
    {
        value.Length.ShouldBeGreaterThan(15, name);
        return _secrets[name] = value;
    }

    /// <summary>Looks into a text.</summary>
    /// <param name="where">What it is, for the finding.</param>
    /// <param name="text">The text.</param>
    /// <param name="except">The name of a secret that belongs there.</param>
    public void LookIn(string where, string text, string? except = null)
    {
        var found = _secrets.Where(secret => secret.Key != except && Spellings(secret.Value).Any(spelling => text.Contains(spelling, StringComparison.OrdinalIgnoreCase)));
        _found.AddRange(found.Select(secret => $"{secret.Key} is in {where}"));
    }

    /// <summary>Looks into what the server printed, without the sign-in links that it is asked for.</summary>
    public void LookInOutput(ServerUnderTest server) =>
        LookIn("the log", string.Join('\n', server.Output.Split('\n').Where(line => !line.StartsWith("  sign in ", StringComparison.Ordinal))));

    /// <summary>Looks into every file of a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="marker">A text that is in the database, to see that the search finds what is there.</param>
    public void LookInFiles(string folder, string marker)
    {
        var texts = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => (Path: path, Text: ReadFile(path))).ToList();
        texts.ShouldContain(file => file.Path.Contains(".db", StringComparison.Ordinal) && file.Text != null && file.Text.Contains(marker, StringComparison.Ordinal));
        foreach (var (path, text) in texts)
        {
            LookIn(path, text ?? "");
        }
    }

    /// <summary>
    /// Looks into what the system shows of the server and of every process that it started. Whatever is there must be readable:
    /// what could not be looked into was not found clean.
    /// </summary>
    /// <param name="server">The server; it must have started something.</param>
    /// <param name="except">The name of a secret that a process of its own has in its environment, and that must be seen there.</param>
    public void LookAtProcesses(ServerUnderTest server, string? except = null)
    {
        ReadProcess(server.ProcessId, "limits")!.ShouldMatch(@"Max core file size +0 +0 ");
        var environment = ReadProcess(server.ProcessId, "environ");
        environment.ShouldNotBeNullOrEmpty();
        LookIn("the server's environment", environment);
        LookIn("the server's command line", ReadProcess(server.ProcessId, "cmdline")!);
        var environments = 0;
        var seen = false;
        foreach (var id in Descendants(server.ProcessId))
        {
            LookIn($"the command line of {id}", ReadProcess(id, "cmdline") ?? "");
            if (ReadProcess(id, "environ") is { Length: > 0 } variables)
            {
                environments++;
                seen |= except is not null && variables.Contains(_secrets[except], StringComparison.Ordinal);
                LookIn($"the environment of {id}", variables, except);
            }
        }

        environments.ShouldBePositive("no environment of a process that the server started was read");
        seen.ShouldBe(except is not null, "what a process was given is in its environment, and found there");
    }

    private static List<int> Descendants(int root)
    {
        List<int> found = [];
        var parents = ProcessTable.Ids().ToDictionary(id => id, ParentOf);
        List<int> generation = [root];
        while (generation.Count > 0)
        {
            generation = [.. parents.Where(entry => generation.Contains(entry.Value)).Select(entry => entry.Key)];
            found.AddRange(generation);
        }

        return found;
    }

    private static int ParentOf(int id) =>
        ReadProcess(id, "stat") is { Length: > 0 } stat && stat[(stat.LastIndexOf(')') + 2)..].Split(' ') is [_, var parent, ..] ? int.Parse(parent) : 0;

    private static string[] Spellings(string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        return [secret, Convert.ToBase64String(bytes).TrimEnd('='), Convert.ToHexString(bytes), string.Join('\0', secret.ToCharArray()), Uri.EscapeDataString(secret)];
    }

    // Null only for a process that has ended, and, unless we are root, for one that the system keeps from us.
    private static string? ReadProcess(int id, string what)
    {
        try
        {
            return Encoding.Latin1.GetString(File.ReadAllBytes($"/proc/{id}/{what}"));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or IOException { HResult: NoSuchProcess })
        {
            return null;
        }
        catch (UnauthorizedAccessException) when (!Environment.IsPrivilegedProcess)
        {
            return null;
        }
    }

    // Null for a socket, and for a file that went away meanwhile. Read by cat: the framework opens no file that is locked.
    private static string? ReadFile(string path)
    {
        try
        {
            return Encoding.Latin1.GetString(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or IOException { HResult: NoSuchDevice })
        {
            return null;
        }
        catch (IOException)
        {
            using var cat = Process.Start(new ProcessStartInfo("cat", [path]) { RedirectStandardOutput = true, UseShellExecute = false, StandardOutputEncoding = Encoding.Latin1 })!;
            var text = cat.StandardOutput.ReadToEnd();
            cat.WaitForExit();
            cat.ExitCode.ShouldBe(0, path);
            return text;
        }
    }
}
