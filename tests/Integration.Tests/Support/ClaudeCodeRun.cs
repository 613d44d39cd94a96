using System.Diagnostics;
using System.Text.Json;

namespace Claudy.Integration.Tests.Support;

/// <summary>Runs the real Claude Code for one prompt, unsandboxed, with an empty environment and a home of its own.</summary>
internal static class ClaudeCodeRun
{
    /// <summary>The environment that leads it to a session's API socket, as in a sandbox.</summary>
    public static IReadOnlyDictionary<string, string> Through(string socketPath) => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["ANTHROPIC_UNIX_SOCKET"] = socketPath,
        ["ANTHROPIC_BASE_URL"] = "http://localhost",
    };

    /// <summary>What it printed, one JSON message a line, up to its end.</summary>
    /// <param name="environment">How it reaches the API: <c>ANTHROPIC_BASE_URL</c>, <c>ANTHROPIC_UNIX_SOCKET</c>. A made-up key is added.</param>
    /// <param name="workspace">Where it works.</param>
    /// <param name="prompt">What it is told.</param>
    /// <param name="arguments">Further arguments.</param>
    public static async Task<IReadOnlyList<JsonElement>> PromptAsync(
        IReadOnlyDictionary<string, string> environment,
        string workspace,
        string prompt,
        params IEnumerable<string> arguments)
    {
        var home = Directory.CreateTempSubdirectory("claudy-home-");
        try
        {
            using var process = Start(environment, workspace, home.FullName, arguments);
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            await process.StandardInput.WriteAsync(prompt);
            process.StandardInput.Close();
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            try
            {
                var messages = new List<JsonElement>();
                while (await process.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
                    messages.Add(JsonDocument.Parse(line).RootElement);
                await process.WaitForExitAsync(deadline.Token);
                return messages.Count > 0 ? messages : throw new InvalidOperationException("Claude Code said nothing: " + await errors);
            }
            finally
            {
                if (!process.HasExited)
                    process.Kill(entireProcessTree: true);
            }
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    private static Process Start(IReadOnlyDictionary<string, string> environment, string workspace, string home, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(ClaudeCodeBinary.Require())
        {
            WorkingDirectory = workspace,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] fixedArguments =
        [
            "-p", "--output-format", "stream-json", "--verbose", "--include-partial-messages",
            "--setting-sources", "", "--strict-mcp-config",
        ];
        foreach (var argument in fixedArguments.Concat(arguments))
            start.ArgumentList.Add(argument);

        start.Environment.Clear();
        start.Environment["HOME"] = home;
        start.Environment["TMPDIR"] = home;
        start.Environment["CLAUDE_CODE_TMPDIR"] = home;
        start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin";
        start.Environment["DISABLE_AUTOUPDATER"] = "1";
        start.Environment["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1";
        start.Environment["ANTHROPIC_API_KEY"] = "made-up-" + Guid.NewGuid().ToString("N");
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
