using System.Diagnostics;
using System.Text;

namespace Claudy.Benchmarks;

/// <summary>The real Claude Code on a pipe, started as Claudy starts it, with nothing in between: what Claudy is measured against.</summary>
internal sealed class ClaudeOnPipe : IAsyncDisposable
{
    private readonly Process _process;

    private ClaudeOnPipe(Process process) => _process = process;

    /// <summary>Starts it.</summary>
    /// <param name="binary">Where it, or its stand-in, is.</param>
    /// <param name="api">The Messages API's stand-in.</param>
    /// <param name="folder">Its home and workspace.</param>
    /// <param name="session"><c>--session-id=…</c> or <c>--resume=…</c>.</param>
    public static ClaudeOnPipe Start(string binary, Uri api, string folder, string session)
    {
        var workspace = Directory.CreateDirectory(Path.Combine(folder, "workspace")).FullName;
        var home = Directory.CreateDirectory(Path.Combine(folder, "home")).FullName;
        var start = new ProcessStartInfo(
            binary,
            [
                "-p", "--input-format=stream-json", "--output-format=stream-json", "--verbose", "--include-partial-messages",
                "--permission-prompt-tool=stdio", "--setting-sources=", "--strict-mcp-config", "--permission-mode=default", session,
            ])
        {
            WorkingDirectory = workspace,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        start.Environment["HOME"] = home;
        start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin";
        start.Environment["LANG"] = "C.UTF-8";
        start.Environment["TMPDIR"] = home;
        start.Environment["CLAUDE_CODE_TMPDIR"] = home;
        start.Environment["ANTHROPIC_BASE_URL"] = api.ToString();
        start.Environment["ANTHROPIC_API_KEY"] = $"made-up-{Guid.NewGuid():N}";
        start.Environment["DISABLE_AUTOUPDATER"] = "1";
        start.Environment["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1";
        return new ClaudeOnPipe(Process.Start(start)!);
    }

    public int ProcessId => _process.Id;

    /// <summary>Waits until it answers.</summary>
    public async Task InitializeAsync()
    {
        await WriteAsync("""{"type":"control_request","request_id":"h1","request":{"subtype":"initialize"}}""");
        await LineAsync("\"control_response\"");
    }

    /// <summary>Sends a message.</summary>
    /// <param name="since">When the time began to count; null for now.</param>
    /// <param name="prompt">What is said.</param>
    /// <returns>Milliseconds to the first piece of the answer; the turn has ended then.</returns>
    public async Task<double> TurnAsync(long? since = null, string prompt = "hello")
    {
        var begun = since ?? Stopwatch.GetTimestamp();
        await WriteAsync($$$"""{"type":"user","message":{"role":"user","content":"{{{prompt}}}"},"uuid":"{{{Guid.NewGuid()}}}"}""");
        await LineAsync("\"text_delta\"");
        var first = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        await LineAsync("\"type\":\"result\"");
        return first;
    }

    /// <summary>Ends it kindly, so that its transcript is whole.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task WriteAsync(string line)
    {
        await _process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"));
        await _process.StandardInput.BaseStream.FlushAsync();
    }

    private async Task LineAsync(string text)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return;
            }
        }

        throw new InvalidOperationException("Claude Code ended.");
    }
}
