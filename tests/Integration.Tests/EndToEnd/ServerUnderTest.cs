using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Claudy.Infrastructure.Processes.ControlGroups;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary>The product in a process of its own, started as a user starts it, with the real Claude Code.</summary>
internal sealed partial class ServerUnderTest : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("claudy-e2e-");
    private readonly Dictionary<string, string> _settings;
    private readonly List<string> _output = [];
    private Process? _process;
    private int _port;

    private ServerUnderTest(Dictionary<string, string> settings) => _settings = settings;

    public string DataPath => _data.FullName;

    public string AccessToken { get; private set; } = "";

    public string RefreshToken { get; private set; } = "";

    /// <summary>The code of the sign-in link that it printed.</summary>
    public string SignInCode { get; private set; } = "";

    public int ProcessId => _process!.Id;

    public Uri Address => new($"http://127.0.0.1:{_port}");

    public Uri WebSocket => new($"ws://127.0.0.1:{_port}/ws");

    /// <summary>What it printed and logged.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return string.Join('\n', _output);
            }
        }
    }

    /// <summary>Starts with the built-in demo model.</summary>
    public static Task<ServerUnderTest> StartAsync() => StartAsync([]);

    /// <summary>Starts with a scripted API behind it, and a key made for this run.</summary>
    public static Task<ServerUnderTest> StartAsync(ScriptedMessagesApi api, string key) => StartAsync(new Dictionary<string, string>
    {
        ["CLAUDE_API_BASE_URL"] = api.Address.ToString(),
        ["ANTHROPIC_API_KEY"] = key,
    });

    /// <summary>Starts with variables, and with settings on the command line where a name has colons.</summary>
    public static async Task<ServerUnderTest> StartAsync(Dictionary<string, string> settings)
    {
        var server = new ServerUnderTest(settings);
        await server.StartProcessAsync();
        return server;
    }

    /// <summary>Starts it again on the same data, after it was killed or stopped.</summary>
    public async Task StartProcessAsync()
    {
        _port = FreePort();
        var start = AsAFullDiskWouldFail(Command(["serve", "--urls", $"http://127.0.0.1:{_port}", .. _settings.Where(IsArgument).Select(s => $"--{s.Key}={s.Value}")]));
        start.Environment["CLAUDE_CODE_PATH"] = ClaudeCodeBinary.Require();
        foreach (var (name, value) in _settings.Where(setting => !IsArgument(setting)))
        {
            start.Environment[name] = value;
        }

        var link = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => OnLine(line.Data, link);
        _process.ErrorDataReceived += (_, line) => OnLine(line.Data, link);
        _process.Exited += (_, _) => link.TrySetException(new InvalidOperationException($"The server ended: {Output}"));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        SignInCode = await link.Task.WaitAsync(StartTimeout);
        (AccessToken, RefreshToken) = await SignInAsync(SignInCode);
    }

    /// <summary>Skips the test where sessions are not sandboxed, which CI must have.</summary>
    public void RequireSandbox()
    {
        var isSandboxed = Output.Contains("bubblewrap", StringComparison.Ordinal) && !Output.Contains("WITHOUT", StringComparison.Ordinal);
        if (!isSandboxed && Environment.GetEnvironmentVariable("CI") == "true")
        {
            Xunit.Assert.Fail("bubblewrap does not work here, and CI must have it.");
        }

        Xunit.Skip.IfNot(isSandboxed, "bubblewrap is not installed or not allowed here.");
    }

    /// <summary>Runs a command of <c>claudy</c> with the server's settings.</summary>
    /// <returns>Its exit code, and what it printed.</returns>
    public async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        var start = Command(arguments);
        foreach (var (name, value) in _settings.Where(setting => !IsArgument(setting)))
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync()).WaitAsync(StartTimeout);
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Join('\n', output));
    }

    /// <summary>A command of <c>claudy</c> as whoever runs this server would run it.</summary>
    public ProcessStartInfo Command(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(
            Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"),
            ["exec", typeof(WebApi.AssemblyMarker).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["HOME"] = _data.FullName;
        start.Environment["CLAUDY_DATA"] = Path.Combine(_data.FullName, "data");
        return start;
    }

    /// <summary>Lets no file of the server grow, as a full disk does, or lets them grow again.</summary>
    public async Task SetDiskFullAsync(bool isFull)
    {
        using var limit = Process.Start("prlimit", ["--pid", $"{_process!.Id}", $"--fsize={(isFull ? "1" : "unlimited")}:"]);
        await limit.WaitForExitAsync();
        if (limit.ExitCode != 0)
        {
            throw new InvalidOperationException("prlimit failed.");
        }
    }

    /// <summary>As kill -9 does.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>As an operator does: SIGTERM, and wait.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process!.Id.ToString()]);
        await _process.WaitForExitAsync().WaitAsync(StartTimeout);
        return _process.ExitCode;
    }

    public Task<TestClient> ConnectAsync() => TestClient.ConnectAsync(WebSocket, options => options.SetRequestHeader("Authorization", $"Bearer {AccessToken}"));

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await KillAsync();
        }

        _process?.Dispose();

        // Sessions of a killed server end by themselves, but not at once.
        await Eventually.IsTrueAsync(() => RunningProcesses.With(_data.FullName).Length == 0, "nothing runs on the data any more");
        new AbandonedGroups(Path.Combine(DataPath, "data")).Sweep([]);
        _data.Delete(recursive: true);
    }

    // A limit on file sizes ends a process, unless it ignores the signal; then writing fails.
    private static ProcessStartInfo AsAFullDiskWouldFail(ProcessStartInfo start)
    {
        foreach (var argument in new[] { start.FileName, "trap '' XFSZ; exec \"$0\" \"$@\"", "-c" })
        {
            start.ArgumentList.Insert(0, argument);
        }

        start.FileName = "/bin/sh";
        return start;
    }

    // A shell does not pass on variables whose names it does not take for names.
    private static bool IsArgument(KeyValuePair<string, string> setting) => setting.Key.Contains(':', StringComparison.Ordinal);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void OnLine(string? line, TaskCompletionSource<string> link)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.Add(line);
        }

        if (SignInLink().Match(line) is { Success: true } match)
        {
            link.TrySetResult(match.Groups["code"].Value);
        }
    }

    private async Task<(string Access, string Refresh)> SignInAsync(string code)
    {
        using var http = new HttpClient { BaseAddress = Address };
        using var answer = await http.PostAsJsonAsync("/auth/local", new { code });
        var signedIn = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
        return (signedIn.GetProperty("access_token").GetString()!, signedIn.GetProperty("refresh_token").GetString()!);
    }

    [GeneratedRegex(@"/signin\?code=(?<code>[A-Za-z0-9_-]+)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex SignInLink();
}
