using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Claudy.Infrastructure.Processes.ControlGroups;

namespace Claudy.Benchmarks;

/// <summary>The product as a user starts it, with the fake in place of Claude Code, unsandboxed as the relay is.</summary>
internal sealed partial class ClaudyServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private Dictionary<string, string> _settings;
    private ServerProcess _process = null!;

    private ClaudyServer(DirectoryInfo folder, Dictionary<string, string> settings)
    {
        _folder = folder;
        _settings = settings;
    }

    public Uri WebSocket { get; private set; } = null!;

    public string AccessToken { get; private set; } = "";

    public int ProcessId => _process.Id;

    /// <summary>Where it keeps its database, workspaces and homes.</summary>
    public string DataFolder => Path.Combine(_folder.FullName, "data");

    /// <summary>What the server itself has computed so far; unlike time, it says much even on a busy machine.</summary>
    public TimeSpan ProcessorTime => _process.ProcessorTime;

    /// <summary>With the fake.</summary>
    public static async Task<ClaudyServer> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("claudy-bench-");
        var claude = await FakeClaude.InstallAsync(folder.FullName);
        return await StartAsync(folder, new Dictionary<string, string> { ["CLAUDE_CODE_PATH"] = claude, ["Claudy__Sandbox__Mode"] = "None" });
    }

    /// <summary>With other settings, see <see cref="SettingsWith"/>.</summary>
    public static Task<ClaudyServer> StartAsync(Dictionary<string, string> settings) => StartAsync(Directory.CreateTempSubdirectory("claudy-bench-"), settings);

    /// <summary>With the fake, before a stand-in of the API; its sessions may have as many requests under way as a benchmark likes.</summary>
    public static async Task<ClaudyServer> StartBeforeAsync(Uri api)
    {
        var folder = Directory.CreateTempSubdirectory("claudy-bench-");
        var settings = SettingsWith(await FakeClaude.InstallAsync(folder.FullName), api);
        settings["Claudy__Sandbox__Mode"] = "None";
        settings["Claudy__Broker__MaxConcurrentRequests"] = "1000";
        settings["Claudy__Broker__MaxConnections"] = "1000";
        return await StartAsync(folder, settings);
    }

    /// <summary>The socket that the only session's process reaches the API through.</summary>
    public string ApiSocket() => Directory.EnumerateFiles(Path.Combine(_folder.FullName, "data", "run"), "api.sock", SearchOption.AllDirectories).Single();

    /// <summary>For the real Claude Code, sandboxed where that works, and a stand-in of the API.</summary>
    public static Dictionary<string, string> SettingsWith(string claude, Uri api) => new()
    {
        ["CLAUDE_CODE_PATH"] = claude,
        ["CLAUDE_API_BASE_URL"] = api.ToString(),
        ["ANTHROPIC_API_KEY"] = $"made-up-{Guid.NewGuid():N}",
    };

    /// <summary>Ends the server, at once and with no farewell, and starts it on the same data.</summary>
    /// <param name="settings">Other settings from now on; null for the same.</param>
    /// <param name="meanwhile">Done to the data while nothing runs on it.</param>
    /// <returns>From the start of the process until it listens.</returns>
    public async Task<TimeSpan> RestartAsync(Dictionary<string, string>? settings = null, Func<Task>? meanwhile = null)
    {
        await _process.DisposeAsync();
        _settings = settings ?? _settings;
        await (meanwhile?.Invoke() ?? Task.CompletedTask);
        return await RunAsync();
    }

    private static async Task<ClaudyServer> StartAsync(DirectoryInfo folder, Dictionary<string, string> settings)
    {
        var server = new ClaudyServer(folder, settings);
        await server.RunAsync();
        return server;
    }

    private async Task<TimeSpan> RunAsync()
    {
        var port = ServerProcess.FreePort();
        var address = $"http://127.0.0.1:{port}";
        var begun = Stopwatch.GetTimestamp();
        _process = ServerProcess.Start(
            [typeof(WebApi.AssemblyMarker).Assembly.Location, "serve", "--urls", address],
            new Dictionary<string, string>(_settings)
            {
                ["HOME"] = _folder.FullName,
                ["CLAUDY_DATA"] = DataFolder,
                ["Claudy__Http__MaxConnectionsPerUser"] = "100000",
                ["Claudy__Limits__MaxConnectionsPerAddress"] = "100000",
                ["Claudy__Limits__MaxConnections"] = "100000",
                ["Claudy__Limits__MaxUnauthenticatedPerAddress"] = "100000",
                ["Claudy__Limits__RequestBurstPerAddress"] = "1000000",
                ["Claudy__Limits__RequestBurstPerUser"] = "1000000",
                ["Claudy__Sessions__MaxPerUser"] = "100000",
                ["Claudy__Sessions__MaxRunning"] = "0",
                ["Claudy__Sessions__MinFreeMemoryBytes"] = "0",
                ["Logging__LogLevel__Default"] = "Warning",
            });
        var code = SignInLink().Match(await _process.LineAsync(line => SignInLink().IsMatch(line))).Groups["code"].Value;
        var elapsed = Stopwatch.GetElapsedTime(begun);
        using var http = new HttpClient();
        using var answer = await http.PostAsJsonAsync($"{address}/auth/local", new { code });
        var signedIn = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
        WebSocket = new Uri($"ws://127.0.0.1:{port}/ws");
        AccessToken = signedIn.GetProperty("access_token").GetString()!;
        return elapsed;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        new AbandonedGroups(DataFolder).Sweep([]);
        _folder.Delete(recursive: true);
    }

    [GeneratedRegex(@"/signin\?code=(?<code>[A-Za-z0-9_-]+)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex SignInLink();
}

/// <summary>The bare relay in a process of its own.</summary>
internal sealed class RelayServer : IAsyncDisposable
{
    private readonly ServerProcess _process;

    private RelayServer(ServerProcess process, Uri webSocket)
    {
        _process = process;
        WebSocket = webSocket;
    }

    public Uri WebSocket { get; }

    public static async Task<RelayServer> StartAsync()
    {
        var port = ServerProcess.FreePort();
        var process = ServerProcess.Start([typeof(RelayServer).Assembly.Location, "bare-relay", $"http://127.0.0.1:{port}"], []);
        await process.LineAsync(line => line == "ready");
        return new RelayServer(process, new Uri($"ws://127.0.0.1:{port}/ws"));
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}

/// <summary>The stand-in of the API in a process of its own.</summary>
internal sealed class StandInServer : IAsyncDisposable
{
    private readonly ServerProcess _process;

    private StandInServer(ServerProcess process, Uri address)
    {
        _process = process;
        Address = address;
    }

    public Uri Address { get; }

    public static async Task<StandInServer> StartAsync()
    {
        var address = $"http://127.0.0.1:{ServerProcess.FreePort()}";
        var process = ServerProcess.Start([typeof(StandInServer).Assembly.Location, "messages-stand-in", address], []);
        await process.LineAsync(line => line == "ready");
        return new StandInServer(process, new Uri(address));
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}

/// <summary>A server that runs beside the benchmark and ends with it.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process) => _process = process;

    public static ServerProcess Start(IEnumerable<string> arguments, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["exec", .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };

        // Nothing of whoever runs this, and no key of theirs, gets into what is measured.
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new ServerProcess(Process.Start(start)!);
    }

    public int Id => _process.Id;

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async Task<string> LineAsync(Func<string, bool> matches)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await _process.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
        {
            if (matches(line))
            {
                return line;
            }
        }

        throw new InvalidOperationException("The server ended before it was ready.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
