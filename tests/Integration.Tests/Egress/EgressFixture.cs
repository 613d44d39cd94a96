using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Infrastructure.Egress;
using Claudy.Integration.Tests.ApiBroker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Claudy.Integration.Tests.Egress;

/// <summary>The proxy as the server composes it, with names that the test makes up. 127.0.0.1 is opened, the rest of loopback is not.</summary>
internal sealed class EgressFixture : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("claudy-egress-");

    private EgressFixture(params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration["Claudy:Network:PrivateNetworks:0"] = "127.0.0.1/32";
        foreach (var (key, value) in settings)
        {
            builder.Configuration[key] = value;
        }

        builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Logs);
        builder.AddEgressProxy();
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostResolver>(Names));
        _host = builder.Build();
    }

    public CapturedLogs Logs { get; } = new();

    public StubResolver Names { get; } = new();

    public SessionId Session { get; } = SessionId.New(TimeProvider.System.GetUtcNow());

    public ConcurrentQueue<EgressRefusal> Refusals { get; } = new();

    public string Folder => _folder.FullName;

    public string SocketPath { get; private set; } = "";

    public IEgressProxy Proxy => _host.Services.GetRequiredService<IEgressProxy>();

    /// <summary>A proxy for a session with this policy, open.</summary>
    public static async Task<EgressFixture> OpenAsync(NetworkPolicy policy, params (string Key, string Value)[] settings)
    {
        var fixture = new EgressFixture(settings);
        await fixture._host.StartAsync();
        await fixture.OpenAsync(Rules(policy));
        return fixture;
    }

    public static NetworkRules Rules(NetworkPolicy policy, params IReadOnlyList<string> denied) => new(policy, NetworkPolicy.Open, denied);

    public async Task OpenAsync(NetworkRules rules, string? folder = null) =>
        SocketPath = await Proxy.OpenAsync(Session, folder ?? Folder, rules, Refusals.Enqueue, CancellationToken.None);

    /// <summary>A connection as a program in the sandbox has one.</summary>
    public async Task<ProxyConnection> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath));
        return new ProxyConnection(socket);
    }

    /// <summary>What the proxy answers to one request, up to the end of the connection.</summary>
    public async Task<string> AskAsync(string request)
    {
        using var connection = await ConnectAsync();
        await connection.SendAsync(request);
        return await connection.ReadToEndAsync();
    }

    public Task<string> TunnelAsync(string authority) => AskAsync($"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n");

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        if (_host is IAsyncDisposable host)
        {
            await host.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }
}

/// <summary>Names and the addresses that they have when asked for the first, second … time; the last stays.</summary>
internal sealed class StubResolver : IHostResolver
{
    private readonly ConcurrentDictionary<string, string[][]> _names = new(StringComparer.Ordinal);

    /// <summary>What was asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public List<IPAddress> Own { get; } = [];

    public void Add(string name, params string[][] answers) => _names[name] = answers;

    public void Add(string name, params string[] addresses) => _names[name] = [addresses];

    public Task<IReadOnlyList<IPAddress>> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        Asked.Enqueue(name);
        var times = Asked.Count(asked => asked == name);
        return Task.FromResult<IReadOnlyList<IPAddress>>(
            _names.TryGetValue(name, out var answers) ? [.. answers[Math.Min(times, answers.Length) - 1].Select(IPAddress.Parse)] : []);
    }

    public IReadOnlyCollection<IPAddress> OwnAddresses() => Own;
}

/// <summary>A raw connection to the proxy.</summary>
internal sealed class ProxyConnection(Socket socket) : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public Socket Socket => socket;

    public async Task SendAsync(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text).AsMemory();
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes)..];
        }
    }

    /// <summary>Reads until what came ends with a text.</summary>
    public async Task<string> ReadUntilAsync(string end)
    {
        var text = new StringBuilder();
        var one = new byte[1];
        using var deadline = new CancellationTokenSource(Deadline);
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            if (await socket.ReceiveAsync(one.AsMemory(), deadline.Token) == 0)
            {
                throw new InvalidOperationException($"The connection ended after '{text}'.");
            }

            text.Append((char)one[0]);
        }

        return text.ToString();
    }

    /// <summary>Reads to the end; a connection that is cut has one too.</summary>
    public async Task<string> ReadToEndAsync()
    {
        var text = new StringBuilder();
        var buffer = new byte[64 * 1024];
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), deadline.Token) is var read and > 0)
            {
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (SocketException)
        {
            // Cut.
        }

        return text.ToString();
    }

    public void Dispose() => socket.Dispose();
}
