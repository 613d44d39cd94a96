using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Integration.Tests.Support;
using Claudy.WebApi.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;

namespace Claudy.Integration.Tests.Delivery;

/// <summary>
/// One session and a few clients, to whom everything happens that can, in the order that a seed says; then all is well
/// again, and every client must have been shown exactly what the log holds.
/// </summary>
internal sealed class DeliverySchedule : IAsyncDisposable
{
    private const int Moves = 80;
    private const int Clients = 3;
    // Making one takes a second and more, and every schedule begins with a fresh folder.
    private static readonly Lazy<string> SigningKey = new(() => RSA.Create(2048).ExportPkcs8PrivateKeyPem());
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private readonly Random _random;
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("claudy-delivery-");
    private readonly List<DeliveryClient> _clients = [.. Enumerable.Range(0, Clients).Select(i => new DeliveryClient($"c{i}"))];
    private readonly List<Task> _dying = [];
    private readonly StringBuilder _story = new();
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private StoreSwitch _store = new();
    private ClaudyServer? _started;
    private string _token = "";
    private string _session = "";
    private int _servers;

    private DeliverySchedule(int seed) => _random = new Random(seed);

    private ClaudyServer Server => _started!;

    /// <summary>How often each kind of thing happened, over all schedules; to see that all do.</summary>
    public static DeliveryCounts Counts { get; } = new();

    public static async Task RunAsync(int seed)
    {
        await using var schedule = new DeliverySchedule(seed);
        try
        {
            await schedule.BeginAsync();
            for (var i = 0; i < Moves; i++)
            {
                await schedule.MoveAsync();
                schedule.ShouldHaveNoFailures();
            }

            schedule.ShouldBeTheLog(await schedule.SettleAsync());
        }
        catch (Exception exception)
        {
            throw new ShouldAssertException($"seed {seed}: {exception.Message}{Environment.NewLine}What happened: {schedule._story}", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        _store.IsFull = false;
        if (_started is not null)
        {
            await _started.DisposeAsync();
        }

        await Task.WhenAll(_dying);
        _data.Delete(recursive: true);
    }

    private async Task BeginAsync()
    {
        var keys = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        await using (var key = new StreamWriter(Path.Combine(_data.FullName, "key.pem"), keys))
        {
            await key.WriteAsync(SigningKey.Value);
        }

        await StartServerAsync();
        await using var creator = await Server.ConnectAsync();
        _session = await creator.CreateSessionAsync();
    }

    private async Task MoveAsync()
    {
        var client = _clients[_random.Next(Clients)];
        switch (_random.Next(100))
        {
            case < 22:
                await SayAsync(client);
                break;
            case < 40:
                await ComeAsync(client);
                break;
            case < 50:
                await DoAsync("drops", client, client.DropAsync);
                break;
            case < 54:
                await DoAsync("stops reading", client, () => Run(client.Pause));
                break;
            case < 60:
                await DoAsync("reads", client, () => Run(client.Resume));
                break;
            case < 64 when client.IsAttached:
                await DoAsync("detaches", client, () => client.DetachAsync(_session));
                break;
            case < 68 when client.IsConnected:
                await DoAsync("cancels", client, () => client.CancelAsync(_session));
                break;
            case < 80 when client.IsConnected:
                await DoAsync("allows", client, () => client.AllowAsync(_session));
                break;
            case < 83 when Server.Agents.Launched.Count > 0:
                await DoAsync("agent dies", null, () => Run(Server.Agents.Latest.Die));
                break;
            case < 87:
                await DoAsync(_store.IsFull ? "disk has room" : "disk is full", null, () => Run(() => _store.IsFull = !_store.IsFull));
                break;
            case < 89:
                await DoAsync("store loses an answer", null, () => Run(() => _store.LosesNextAnswer = true));
                break;
            case < 92:
                await DoAsync("server is killed", null, KillServerAsync);
                break;
            case < 93:
                await DoAsync("server is stopped", null, StopServerAsync);
                break;
            default:
                await LetRunAsync();
                break;
        }
    }

    private Task DoAsync(string what, DeliveryClient? client, Func<Task> move)
    {
        _story.Append($"{_watch.ElapsedMilliseconds}: {(client is null ? "" : $"{client.View.Name} ")}{what}; ");
        Counts.Add(what);
        return move();
    }

    private async Task SayAsync(DeliveryClient client)
    {
        if (!client.IsAttached && !await ComeAsync(client))
        {
            return;
        }

        var work = string.Concat(Enumerable.Range(0, _random.Next(1, 8)).Select(_ => _random.Next(40) switch
        {
            < 16 => ScriptedWork.Text,
            < 34 => ScriptedWork.Tool,
            < 37 => ScriptedWork.Permission,
            < 39 => ScriptedWork.Flood,
            _ => ScriptedWork.Death,
        }));
        await DoAsync($"says {work}", client, () => client.SayAsync(_session, work));
    }

    private async Task<bool> ComeAsync(DeliveryClient client)
    {
        var isAttached = false;
        await DoAsync("attaches", client, async () =>
        {
            client.Resume();
            if (!client.IsConnected)
            {
                await client.ConnectAsync(Server.WebSocket, _token);
            }

            isAttached = await client.AttachAsync(_session);
            if (isAttached)
            {
                await client.SayAgainAsync(_session);
            }
        });
        return isAttached;
    }

    // A while of the session's life, however long that is: until someone was shown something more, or nothing goes on.
    private async Task LetRunAsync()
    {
        var before = _clients.Sum(client => client.View.Frames);
        var more = _random.Next(1, 60);
        for (var watch = Stopwatch.StartNew(); watch.ElapsedMilliseconds < 30 && _clients.Sum(client => client.View.Frames) < before + more;)
        {
            await Task.Delay(1);
        }
    }

    private async Task StartServerAsync()
    {
        _store = new StoreSwitch();
        _started = await ClaudyServer.StartAsync(
            new()
            {
                ["Claudy:Http:MaxConnectionsPerUser"] = "1000",
                ["Claudy:Limits:RequestBurstPerAddress"] = "100000",
                ["Claudy:Limits:RequestBurstPerUser"] = "100000",
                ["Claudy:Http:FramesPerSecond"] = "100000",
                ["Claudy:Http:FrameBurst"] = "100000",
                ["Claudy:Http:MaxOutboundBytes"] = "262144",
                ["Claudy:Sqlite:Synchronous"] = "Normal",
                ["Claudy:Sessions:CrashBackoff"] = "00:00:00.01",
                ["Claudy:Auth:PrivateKeyPath"] = Path.Combine(_data.FullName, "key.pem"),
            },
            Folder(_servers),
            _store.Install);
        Server.Agents.Script = ScriptedWork.FollowAsync;
        _token = await Server.TokenAsync();
    }

    // As near to kill -9 as one process can come: from one moment on nothing is written and nobody is told anything; the
    // next server begins with the files as they were then.
    private async Task KillServerAsync()
    {
        await _store.CutAsync();
        await Task.WhenAll(_clients.Select(client => client.DropAsync()));
        using (var copying = Process.Start("cp", ["-a", Path.Combine(Folder(_servers), "."), Folder(_servers + 1)]))
        {
            await copying.WaitForExitAsync();
        }

        _dying.Add(Server.DisposeAsync().AsTask());
        _servers++;
        await StartServerAsync();
    }

    private async Task StopServerAsync()
    {
        // One that does not read is waited for.
        _clients.ForEach(client => client.Resume());
        await Server.DisposeAsync();
        await StartServerAsync();
    }

    private string Folder(int server) => Directory.CreateDirectory(Path.Combine(_data.FullName, $"{server}")).FullName;

    /// <returns>The log as everybody has seen it. A session that sleeps may go on by itself, so more can come.</returns>
    private async Task<IReadOnlyList<StoredEvent>> SettleAsync()
    {
        _store.IsFull = false;
        _story.Append("all is well; ");
        _clients.ForEach(client => client.Resume());
        var log = await LogAsync();
        for (var watch = Stopwatch.StartNew(); !IsSettled(log); log = await LogAsync())
        {
            ShouldHaveNoFailures();
            if (watch.Elapsed > Deadline)
            {
                throw new ShouldAssertException($"It did not settle: {Describe(log)}");
            }

            foreach (var client in _clients)
            {
                if (!client.IsAttached || StatusOf(log) is SessionStatus.Hibernated)
                {
                    await ComeAsync(client);
                }

                await client.SayAgainAsync(_session);
                await client.AllowAsync(_session);
            }

            if (StatusOf(log) is SessionStatus.Failed)
            {
                // It gave up after crashes; the next message is a new beginning.
                await _clients[0].SayAsync(_session, "t");
            }

            await Task.Delay(20);
        }

        return log;
    }

    private bool IsSettled(IReadOnlyList<StoredEvent> log) =>
        _clients.All(client => client.IsAttached && client.IsAnswered && client.View.LastSeq == log.Count)
        && StatusOf(log) is SessionStatus.Idle or SessionStatus.Hibernated
        && WaitingOf(log).Count == 0;

    private void ShouldBeTheLog(IReadOnlyList<StoredEvent> log)
    {
        log.Select(stored => stored.Seq).ShouldBe(Enumerable.Range(1, log.Count).Select(seq => (long)seq));
        var frames = log.Select(FrameOf).ToList();
        foreach (var client in _clients)
        {
            client.View.Events.Take(frames.Count).ShouldBe(frames);
            foreach (var (id, messageId) in client.Sent)
            {
                var delivered = log.Count(stored => stored.Event is UserMessageAdded { Message: var m } && m.ClientId == id && m.Id == messageId);
                var cancelled = log.Count(stored => stored.Event is QueueChanged { Change: QueueChange.Cancelled } e && e.MessageId == messageId);
                (delivered + cancelled).ShouldBe(1, $"message {id}: delivered {delivered} times, cancelled {cancelled} times");
            }

            Counts.Add("texts from pieces", client.View.TextsFromPieces);
            foreach (var code in client.Closed)
            {
                Counts.Add($"closed with {code}");
            }
        }

        Counts.Add("events", log.Count);
        ShouldHaveNoFailures();
    }

    private void ShouldHaveNoFailures() => _clients.SelectMany(client => client.View.Failures).ShouldBeEmpty();

    private static List<string> WaitingOf(IReadOnlyList<StoredEvent> log)
    {
        List<string> waiting = [];
        foreach (var change in log.Select(stored => stored.Event).OfType<QueueChanged>())
        {
            if (change.Change == QueueChange.Added)
            {
                waiting.Add(change.MessageId);
            }
            else
            {
                waiting.Remove(change.MessageId);
            }
        }

        return waiting;
    }

    private static SessionStatus StatusOf(IReadOnlyList<StoredEvent> log) =>
        log.Select(stored => stored.Event).OfType<StatusChanged>().LastOrDefault()?.Status ?? SessionStatus.Hibernated;

    private Task<IReadOnlyList<StoredEvent>> LogAsync() => Server.Services.GetRequiredService<ISessionEventLog>()
        .ReadAfterAsync(SessionId.Parse(_session, null), 0, int.MaxValue, CancellationToken.None);

    private string FrameOf(StoredEvent stored)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        new EventEncoder(SessionId.Parse(_session, null), TimeProvider.System).Write(output, stored);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private string Describe(IReadOnlyList<StoredEvent> log) =>
        $"the log has {log.Count} events, status {StatusOf(log)}, {WaitingOf(log).Count} messages wait; "
        + string.Join(", ", _clients.Select(client =>
            $"{client.View.Name} attached {client.IsAttached}, answered {client.IsAnswered}, at {client.View.LastSeq}, closed {string.Join(' ', client.Closed)}"));

    private static Task Run(Action action)
    {
        action();
        return Task.CompletedTask;
    }
}
