using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Usage.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Infrastructure.ApiBroker;
using Claudy.Integration.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Claudy.Integration.Tests.ApiBroker;

/// <summary>The broker as the server composes it, before a scripted API.</summary>
internal sealed class BrokerFixture : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly DirectoryInfo _folder;
    private readonly List<HttpClient> _clients = [];

    private BrokerFixture(IHost host, DirectoryInfo folder, ScriptedMessagesApi api, CapturedLogs logs, ScriptedMeter meter)
    {
        Meter = meter;
        _host = host;
        _folder = folder;
        Api = api;
        Logs = logs;
    }

    public ScriptedMessagesApi Api { get; }

    public CapturedLogs Logs { get; }

    public ScriptedMeter Meter { get; }

    public IApiBroker Broker => _host.Services.GetRequiredService<IApiBroker>();

    public string RuntimePath => Path.Combine(_folder.FullName, "run");

    public static async Task<BrokerFixture> StartAsync(
        string environment = "Development",
        CredentialSource source = CredentialSource.None,
        string? dataFolder = null,
        params (string Key, string Value)[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("claudy-broker-");
        var api = await ScriptedMessagesApi.StartAsync();
        var logs = new CapturedLogs();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = environment });
        builder.Configuration["Claudy:Data"] = Path.Combine(folder.FullName, dataFolder ?? "");
        builder.Configuration["Claudy:Claude:BaseUrl"] = api.Address.ToString();
        foreach (var (key, value) in settings)
            builder.Configuration[key] = value;
        builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(logs);
        builder.Services.AddSingleton(TimeProvider.System);
        var meter = new ScriptedMeter();
        builder.Services.AddSingleton<IRequestMeter>(meter);
        builder.Services.AddSingleton<ICredentialVault>(new VaultWithDefault(source));
        builder.AddApiBroker();
        var host = builder.Build();
        await host.StartAsync();
        return new BrokerFixture(host, folder, api, logs, meter);
    }

    public static SessionId NewSession() => SessionId.New(TimeProvider.System.GetUtcNow());

    public static ClaudeCredential NewKey() => new(ClaudeCredentialKind.ApiKey, new Secret("key-" + Guid.NewGuid().ToString("N")));

    /// <summary>Opens a session's socket and a client that sees it as the child in the sandbox would.</summary>
    public async Task<HttpClient> ConnectAsync(SessionId session, ClaudeCredential? credential)
    {
        var path = await Broker.OpenAsync(session, () => credential, CancellationToken.None);
        var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        {
            BaseAddress = new Uri("http://localhost"),
        };
        _clients.Add(client);
        return client;
    }

    public static HttpRequestMessage Message(bool stream = true, string text = "hello", string tool = "Write") =>
        new(HttpMethod.Post, "/v1/messages?beta=true")
        {
            Content = new StringContent(
                $$"""{"model":"claude-test","stream":{{(stream ? "true" : "false")}},"system":"Primary working directory: /workspace","tools":[{"name":"{{tool}}"}],"messages":[{"role":"user","content":"{{text}}"}]}""",
                Encoding.UTF8,
                "application/json"),
        };

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            client.Dispose();
        await _host.StopAsync();
        _host.Dispose();
        await Api.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private sealed class VaultWithDefault(CredentialSource source) : ICredentialVault
    {
        public CredentialSource DefaultSource => source;

        public void Keep(CredentialScope scope, HeldCredential credential) => throw new NotSupportedException();

        public void Forget(SessionId session) => throw new NotSupportedException();

        public void Forget(UserId user) => throw new NotSupportedException();

        public HeldCredential? Find(CredentialScope scope) => null;

        public ClaudeCredential? For(UserId owner, SessionId session) => null;
    }
}

/// <summary>Lets requests through, or refuses them as the test says, and remembers what became of them.</summary>
internal sealed class ScriptedMeter : IRequestMeter
{
    private readonly ConcurrentQueue<ApiOutcome> _outcomes = new();
    private readonly ConcurrentQueue<ApiRequest> _begun = new();

    /// <summary>Why requests are refused; null to let them through.</summary>
    public Error? Refusal { get; set; }

    public IReadOnlyList<ApiRequest> Begun => [.. _begun];

    public Result MayUse(string model) => Refusal is { Status: ResultStatus.Forbidden } refusal ? refusal : Result.Success();

    public ValueTask<Result<IMeteredRequest>> BeginAsync(SessionId session, ApiRequest request, CancellationToken cancellationToken)
    {
        _begun.Enqueue(request);
        Result<IMeteredRequest> begun = Refusal is { } refusal ? refusal : new Request(_outcomes);
        return ValueTask.FromResult(begun);
    }

    /// <summary>What became of the only request.</summary>
    public async Task<ApiOutcome> OutcomeAsync()
    {
        await Processes.Eventually.IsTrueAsync(() => !_outcomes.IsEmpty, "the request was over");
        return _outcomes.Single();
    }

    private sealed class Request(ConcurrentQueue<ApiOutcome> outcomes) : IMeteredRequest
    {
        public void Complete(ApiOutcome outcome) => outcomes.Enqueue(outcome);
    }
}

/// <summary>Everything that was logged, at every level, exceptions included.</summary>
internal sealed class CapturedLogs : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _lines = new();

    public string Text => string.Join('\n', _lines);

    public ILogger CreateLogger(string categoryName) => new Logger(_lines, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(ConcurrentQueue<string> lines, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{logLevel} {category}: {formatter(state, exception)} {exception}");
    }
}
