using Claudy.Application.Audit.Ports;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Files.Ports;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Usage.Ports;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using MediatR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace Claudy.Application.Tests.Support;

/// <summary>The whole application layer over test doubles of its ports.</summary>
internal sealed class Node : IAsyncDisposable
{
    private readonly IHost _host;

    private Node(
        IHost host,
        InMemoryStore store,
        Coordination coordination,
        ScriptedAgents agents,
        FakeTimeProvider time,
        ICredentialVault vault,
        IWorkspaceFiles files,
        ScriptedWorkspace workspace,
        INodeMemory memory)
    {
        Memory = memory;
        _host = host;
        Store = store;
        Coordination = coordination;
        Agents = agents;
        Time = time;
        Vault = vault;
        Files = files;
        Workspace = workspace;
    }

    public static UserId Owner { get; } = UserId.New(DateTimeOffset.UnixEpoch);

    public InMemoryStore Store { get; }

    public Coordination Coordination { get; }

    public ScriptedAgents Agents { get; }

    public FakeTimeProvider Time { get; }

    public ICredentialVault Vault { get; }

    public IWorkspaceFiles Files { get; }

    /// <summary>What the files of every workspace configure.</summary>
    public ScriptedWorkspace Workspace { get; }

    public INodeMemory Memory { get; }

    public RecordingAuditLog Audit { get; private init; } = null!;

    public InMemoryRules Rules { get; private init; } = null!;

    public InMemoryUsage Usage { get; private init; } = null!;

    public IRequestMeter Meter => _host.Services.GetRequiredService<IRequestMeter>();

    public IUserStore Users => _host.Services.GetRequiredService<IUserStore>();

    public IRepositoryCloner Cloner => _host.Services.GetRequiredService<IRepositoryCloner>();

    public IEgressProxy Egress => _host.Services.GetRequiredService<IEgressProxy>();

    /// <summary>Changes settings as an edited file does.</summary>
    public void ChangeSettings(params (string Key, string? Value)[] changes)
    {
        var configuration = _host.Services.GetRequiredService<IConfiguration>();
        foreach (var (key, value) in changes)
        {
            configuration[key] = value;
        }

        try
        {
            ((IConfigurationRoot)configuration).Reload();
        }
        catch (Exception exception) when (exception is AggregateException or Microsoft.Extensions.Options.OptionsValidationException)
        {
            // What watches a file throws it on a thread of its own.
        }
    }

    public static async Task<Node> StartAsync(
        InMemoryStore? store = null,
        Action<SessionOptions>? options = null,
        Dictionary<string, string?>? settings = null,
        IWorkspaceFiles? files = null,
        Action<NetworkOptions>? network = null,
        InMemoryUsage? usage = null)
    {
        usage ??= new InMemoryUsage();
        store ??= new InMemoryStore();
        var coordination = new Coordination();
        var agents = new ScriptedAgents();
        var rules = new InMemoryRules();
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
        var vault = Substitute.For<ICredentialVault>();
        vault.DefaultSource.Returns(CredentialSource.Demo);
        files ??= Substitute.For<IWorkspaceFiles>();
        files.Prepare(default).ReturnsForAnyArgs(new WorkspaceLocation("/workspaces/x", "/homes/x"));
        files.CopyAsync(default, default, default).ReturnsForAnyArgs(new WorkspaceCopy(1, 1, 0));
        var broker = Substitute.For<IApiBroker>();
        broker.OpenAsync(default, default!, default).ReturnsForAnyArgs("/run/api.sock");
        var egress = Substitute.For<IEgressProxy>();
        egress.OpenAsync(default, default!, default!, default!, default).ReturnsForAnyArgs("/run/egress.sock");

        var audit = new RecordingAuditLog();
        var check = Substitute.For<IClaudeKeyCheck>();
        check.CheckAsync(default!, default).ReturnsForAnyArgs(Result.Success());

        var memory = Substitute.For<INodeMemory>();
        memory.AvailableBytes.Returns(long.MaxValue);
        var workspace = new ScriptedWorkspace();
        var checkpoints = Substitute.For<IWorkspaceCheckpoints>();
        checkpoints.RestoreAsync(default, default, default).ReturnsForAnyArgs(WorkspaceErrors.NoCheckpoints());

        var signIns = Substitute.For<IRefreshTokenStore>();
        signIns.ListRevokedAsync(default, default).ReturnsForAnyArgs([]);
        var personalTokens = Substitute.For<IPersonalTokenStore>();
        personalTokens.ListRevokedAsync(default, default).ReturnsForAnyArgs([]);

        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<TimeProvider>(time)
            .AddSingleton<ISessionStore>(store).AddSingleton<ISessionEventLog>(store)
            .AddSingleton<ISessionDirectory>(coordination).AddSingleton<ISessionFeed>(coordination).AddSingleton<ISessionInbox>(coordination)
            .AddSingleton<IPermissionRuleStore>(rules).AddSingleton<IUsageStore>(usage)
            .AddSingleton<IAgentLauncher>(agents).AddSingleton(vault).AddSingleton(files).AddSingleton(broker).AddSingleton(egress)
            .AddSingleton(memory)
            .AddSingleton(Substitute.For<IRepositoryCloner>())
            .AddSingleton<IAuditLog>(audit)
            .AddSingleton(Substitute.For<IAuditTrail>())
            .AddSingleton<ICredentialSealer, PlainSealer>().AddSingleton<ISealedCredentialStore, InMemoryCredentials>()
            .AddSingleton(check).AddSingleton(Substitute.For<IRateLimiter>())
            .Configure<SessionOptions>(o => options?.Invoke(o))
            .Configure<NetworkOptions>(o => network?.Invoke(o))
            .AddSingleton(Substitute.For<IWorkspaceWatch>()).AddSingleton(checkpoints)
            .AddSingleton<IWorkspaceConfigurationReader>(workspace).AddSingleton<IMcpServerVault>(workspace)
            .AddSingleton(Substitute.For<ITokenIssuer>()).AddSingleton(signIns).AddSingleton(personalTokens)
            .AddSingleton(Substitute.For<ISessionSearch>())
            .AddSingleton(Substitute.For<IOneTimeStore>())
            .AddSingleton(Substitute.For<IUserStore>())
            .AddSingleton(Substitute.For<IGitHub>())
            .AddLogging();
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        builder.AddApplication();
        var host = builder.Build();
        await host.StartAsync();
        return new Node(host, store, coordination, agents, time, vault, files, workspace, memory) { Checkpoints = checkpoints, Rules = rules, Audit = audit, Usage = usage };
    }

    public async Task<TResponse> SendAsync<TResponse>(IRequest<TResponse> request)
    {
        await using var scope = _host.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(request).WaitAsync(Eventually.Deadline);
    }

    /// <summary>Keeps nothing, unless the test says otherwise.</summary>
    public required IWorkspaceCheckpoints Checkpoints { get; init; }

    /// <summary>Tells what happened in a workspace.</summary>
    public Task ObserveAsync(Func<IWorkspaceObserver, Task> tell) => tell(_host.Services.GetRequiredService<IWorkspaceObserver>()).WaitAsync(Eventually.Deadline);

    public async Task<SessionId> CreateSessionAsync() =>
        (await SendAsync(new CreateSession(Owner, new SessionSettings { Name = "test" }, null))).Value.Id;

    public Task<Result<SessionReply.Accepted>> ChatAsync(SessionId session, string text, string? clientId = null) =>
        SendAsync(new SendChat(Owner, session, clientId, text, []));

    public async Task<SessionReply.Attached> AttachAsync(SessionId session) =>
        (await SendAsync(new AttachSession(Owner, session, null))).Value;

    /// <summary>Waits until the session's log has an event.</summary>
    public async Task<T> EventAsync<T>(SessionId session, Func<T, bool>? matches = null)
        where T : SessionEvent
    {
        T? Found() => Store.Events(session).Select(e => e.Event).OfType<T>().LastOrDefault(e => matches?.Invoke(e) ?? true);
        await Eventually.ShouldHoldAsync(() => Found() is not null, $"{typeof(T).Name} was recorded");
        return Found()!;
    }

    public Task StatusAsync(SessionId session, SessionStatus status) => Eventually.ShouldHoldAsync(
        () => Store.Events(session).Select(e => e.Event).OfType<StatusChanged>().LastOrDefault()?.Status == status, $"the status was {status}");

    /// <summary>Lets time pass until no session is up any more: all sleep or are over.</summary>
    public Task PutDownAsync() => Eventually.ShouldHoldAsync(
        () =>
        {
            Time.Advance(TimeSpan.FromSeconds(10));
            return Coordination.Held.Count == 0;
        },
        "every runner ended");

    public Task StopAsync() => _host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
