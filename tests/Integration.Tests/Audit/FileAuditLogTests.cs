using System.Collections.Concurrent;
using System.Runtime.Versioning;
using System.Text.Json;
using Claudy.Application.Audit;
using Claudy.Application.Audit.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Users;
using Claudy.Infrastructure.Audit;
using Claudy.Integration.Tests.Contracts;
using Claudy.Integration.Tests.Processes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Audit;

[UnsupportedOSPlatform("windows")]
public sealed class FileAuditLogTests : AuditLogContract, IAsyncLifetime
{
    private readonly AuditFiles _files = new();
    private IAuditLog _log = null!;

    protected override IAuditLog Log => _log;

    protected override IAuditTrail Trail => _files.Trail;

    public Task InitializeAsync()
    {
        _log = _files.Open();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _files.DisposeAsync();

    protected override IAuditLog OpenAnother() => _files.Open();

    [Fact]
    public async Task Files_ShouldBeTheOwnersAlone()
    {
        await Log.AppendAsync(new AuditEntry("x", AuditOutcome.Done), default);

        File.GetUnixFileMode(_files.Folder).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var file in Directory.EnumerateFiles(_files.Folder))
        {
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
        }
    }

    [Fact]
    public async Task Files_WhenOneIsFull_ShouldGoOnInTheNextWithTheSameChain()
    {
        await using var files = new AuditFiles(maxFileBytes: 64 * 1024);
        await files.WriteAsync(500);
        await files.WriteAsync(500);

        files.Paths.Count.ShouldBeGreaterThan(3);
        files.Paths.ShouldAllBe(path => new FileInfo(path).Length <= 64 * 1024);
        var verdict = await files.VerifyAsync();
        verdict.Break.ShouldBeNull();
        verdict.Count.ShouldBe(1000);
        Path.GetFileNameWithoutExtension(files.Paths[1]).ShouldBe($"{JsonDocument.Parse(files.Lines(1)[0]).RootElement.GetProperty("seq").GetInt64():D12}");
    }

    [Fact]
    public async Task Append_WhenItCannotBeWritten_ShouldFailAndWriteItOnceItCan()
    {
        await using var files = new AuditFiles();
        File.WriteAllText(files.Folder, "no folder");
        var log = files.Open();

        await Should.ThrowAsync<StoreUnavailableException>(log.AppendAsync(new AuditEntry("first", AuditOutcome.Done), default));
        log.Post(new AuditEntry("second", AuditOutcome.Done));
        await Should.ThrowAsync<StoreUnavailableException>(log.EnsureWritableAsync(default).AsTask());
        File.Delete(files.Folder);
        await log.EnsureWritableAsync(default);

        files.Lines().Select(line => JsonDocument.Parse(line).RootElement.GetProperty("action").GetString()).ShouldBe(["first", "second"]);
        (await files.VerifyAsync()).Break.ShouldBeNull();
    }

    [Fact]
    public async Task Append_WhenItCouldNotBeWritten_ShouldTryAgainByItself()
    {
        await using var files = new AuditFiles();
        var time = new FakeTimeProvider();
        File.WriteAllText(files.Folder, "no folder");
        var log = files.Open(time);
        await Should.ThrowAsync<StoreUnavailableException>(log.AppendAsync(new AuditEntry("first", AuditOutcome.Done), default));
        File.Delete(files.Folder);

        await Processes.Eventually.IsTrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return Directory.Exists(files.Folder) && files.Paths.Count == 1 && files.Lines().Length == 1;
            },
            "the record was written");
    }

    [Fact]
    public async Task Post_WhenMoreWaitsThanFits_ShouldCountWhatIsLeftOut()
    {
        await using var files = new AuditFiles();
        File.WriteAllText(files.Folder, "no folder");
        var log = files.Open();
        await Should.ThrowAsync<StoreUnavailableException>(log.AppendAsync(new AuditEntry("x", AuditOutcome.Done), default));

        for (var i = 0; i < 20_000; i++)
        {
            log.Post(new AuditEntry("x", AuditOutcome.Done));
        }

        await Should.ThrowAsync<StoreUnavailableException>(log.AppendAsync(new AuditEntry("x", AuditOutcome.Done), default));
        File.Delete(files.Folder);
        await log.EnsureWritableAsync(default);

        var records = files.Lines().Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var leftOut = records.Where(r => r.GetProperty("action").GetString() == "audit.gap").Sum(r => long.Parse(r.GetProperty("details").GetProperty("left_out").GetString()!));
        leftOut.ShouldBePositive();
        (records.Count(r => r.GetProperty("action").GetString() == "x") + leftOut).ShouldBe(20_002);
    }

    [Fact]
    public async Task Post_WhenSomebodyUnknownIsRefusedOverAndOver_ShouldRecordSomeAndCountTheRest()
    {
        await using var files = new AuditFiles();
        var time = new FakeTimeProvider();
        var log = files.Open(time);
        var refused = new AuditEntry("token.refused", AuditOutcome.Refused) { Address = "192.0.2.1" };
        for (var i = 0; i < 1000; i++)
        {
            log.Post(refused);
        }

        log.Post(refused with { Address = "192.0.2.2" });
        log.Post(refused with { UserId = new UserId(Guid.NewGuid()) });
        await log.AppendAsync(new AuditEntry("end", AuditOutcome.Done), default);
        files.Lines().Length.ShouldBe(60 + 1 + 1 + 1);

        time.Advance(TimeSpan.FromMinutes(1));

        await Eventually.IsTrueAsync(() => files.Lines().Length == 60 + 1 + 1 + 1 + 1, "what was left out is told");
        var told = JsonDocument.Parse(files.Lines()[^1]).RootElement;
        told.GetProperty("action").GetString().ShouldBe("audit.gap");
        told.GetProperty("details").GetProperty("refusals_left_out").GetString().ShouldBe("940");
    }

    [Fact]
    public void Throttle_WhenTheNextMinutesFloodComesBeforeAnybodyLooks_ShouldStillTellOfTheLast()
    {
        var time = new FakeTimeProvider();
        var throttle = new AuditThrottle(600, time);
        var refused = new AuditEntry("token.refused", AuditOutcome.Refused) { Address = "192.0.2.1" };
        Enumerable.Range(0, 100).Count(_ => throttle.Admits(refused)).ShouldBe(60);

        time.Advance(AuditThrottle.Window);
        Enumerable.Range(0, 70).Count(_ => throttle.Admits(refused)).ShouldBe(60);

        throttle.TakeLeftOut(isLast: false).ShouldBe(40);
        throttle.TakeLeftOut(isLast: false).ShouldBe(0);
        throttle.TakeLeftOut(isLast: true).ShouldBe(10);
    }

    [Theory]
    [InlineData(AuditOutcome.Refused)]
    [InlineData(AuditOutcome.Failed)]
    public async Task Post_WhenSomebodyUnknownChangesAddresses_ShouldRecordABoundedNumberAndCountTheRest(AuditOutcome outcome)
    {
        await using var files = new AuditFiles();
        var time = new FakeTimeProvider();
        await using (var log = files.Open(time))
        {
            for (var i = 0; i < 3_000; i++)
            {
                log.Post(new AuditEntry("sign_in.local", outcome) { Address = $"192.0.{i / 250}.{i % 250}" });
                if (i % 1_000 == 999)
                {
                    await log.AppendAsync(new AuditEntry("between", AuditOutcome.Done), default);
                }
            }
        }

        // They come within one minute, of which 600 are recorded.
        var records = files.Lines().Select(line => JsonDocument.Parse(line).RootElement).ToList();
        records.Count(record => record.GetProperty("action").GetString() == "sign_in.local").ShouldBe(600);
        records[^1].GetProperty("details").GetProperty("refusals_left_out").GetString().ShouldBe("2400");
        records.Count.ShouldBe(600 + 3 + 1);
    }

    [Fact]
    public async Task Post_WhenTheServersOwnActsFail_ShouldRecordThemAll()
    {
        await using var files = new AuditFiles();
        await using (var log = files.Open(new FakeTimeProvider()))
        {
            for (var i = 0; i < 200; i++)
            {
                log.Post(new AuditEntry("session.deleted", AuditOutcome.Failed) { Credential = AuditCredential.Server });
            }
        }

        files.Lines().Length.ShouldBe(200);
    }

    [Fact]
    public async Task Post_WhenAUserIsRefusedOverAndOver_ShouldRecordTheirShare()
    {
        await using var files = new AuditFiles();
        var log = files.Open(new FakeTimeProvider());
        var (one, other) = (new UserId(Guid.NewGuid()), new UserId(Guid.NewGuid()));
        for (var i = 0; i < 100; i++)
        {
            log.Post(new AuditEntry("session.attached", AuditOutcome.Refused) { UserId = one, Address = "192.0.2.1" });
        }

        log.Post(new AuditEntry("session.attached", AuditOutcome.Refused) { UserId = other, Address = "192.0.2.1" });
        await log.AppendAsync(new AuditEntry("end", AuditOutcome.Done), default);

        files.Lines().Length.ShouldBe(60 + 1 + 1);
    }

    [Fact]
    public async Task Post_WhenTheUnknownCallerHasManyAddressesOfOneNetwork_ShouldCountThemAsOne()
    {
        await using var files = new AuditFiles();
        var log = files.Open(new FakeTimeProvider());
        for (var i = 1; i <= 200; i++)
        {
            log.Post(new AuditEntry("token.refused", AuditOutcome.Refused) { Address = $"2001:db8:0:1::{i:x}" });
        }

        log.Post(new AuditEntry("token.refused", AuditOutcome.Refused) { Address = "2001:db8:0:2::1" });
        await log.AppendAsync(new AuditEntry("end", AuditOutcome.Done), default);

        files.Lines().Length.ShouldBe(60 + 1 + 1);
    }

    [Fact]
    public async Task Dispose_WhenRefusalsWereLeftOut_ShouldTellHowMany()
    {
        await using var files = new AuditFiles();
        var log = files.Open(new FakeTimeProvider());
        for (var i = 0; i < 100; i++)
        {
            log.Post(new AuditEntry("token.refused", AuditOutcome.Refused) { Address = "192.0.2.1" });
        }

        await log.DisposeAsync();

        files.Lines()[^1].ShouldContain("\"refusals_left_out\":\"40\"");
    }

    [Fact]
    public async Task Append_WhenTheFilesWereRemovedMeanwhile_ShouldLeaveAHoleThatShows()
    {
        await Log.AppendAsync(new AuditEntry("first", AuditOutcome.Done), default);
        await Log.AppendAsync(new AuditEntry("second", AuditOutcome.Done), default);
        Directory.Delete(_files.Folder, recursive: true);

        await Log.AppendAsync(new AuditEntry("third", AuditOutcome.Done), default);

        (await _files.VerifyAsync()).Break.ShouldNotBeNull().Reason.ShouldContain("record 3 is the first there is");
    }

    [Fact]
    public async Task Append_WhenTheEndWasCutOffMeanwhile_ShouldLeaveAHoleThatShows()
    {
        await Log.AppendAsync(new AuditEntry("first", AuditOutcome.Done), default);
        await Log.AppendAsync(new AuditEntry("second", AuditOutcome.Done), default);
        _files.Write(_files.Lines()[..1]);

        await Log.AppendAsync(new AuditEntry("third", AuditOutcome.Done), default);

        (await _files.VerifyAsync()).Break.ShouldNotBeNull().Reason.ShouldContain("record 3 follows record 1");
    }

    [Fact]
    public async Task Append_WhenTheLastRecordIsDamaged_ShouldNotGoOnFromIt()
    {
        await using var files = new AuditFiles();
        await files.WriteAsync(2);
        files.Write([files.Lines()[0], files.Lines()[1].Replace("alice", "mallo", StringComparison.Ordinal)]);

        var refused = await Should.ThrowAsync<StoreUnavailableException>(files.Open().AppendAsync(new AuditEntry("x", AuditOutcome.Done), default));

        refused.Message.ShouldContain("damaged");
        files.Lines().Length.ShouldBe(2);
    }

    [Fact]
    public async Task Head_ShouldBeToldAtTheFirstRecordEachIntervalAndAtTheEnd()
    {
        await using var files = new AuditFiles();
        var time = new FakeTimeProvider();
        var told = new ToldHeads();
        var log = files.Open(time, told);
        await log.AppendAsync(new AuditEntry("first", AuditOutcome.Done), default);
        await log.AppendAsync(new AuditEntry("second", AuditOutcome.Done), default);
        time.Advance(TimeSpan.FromHours(1));
        await Processes.Eventually.IsTrueAsync(() => told.Count == 2, "the second head was told");
        await log.AppendAsync(new AuditEntry("third", AuditOutcome.Done), default);
        await log.DisposeAsync();

        told.ShouldBe(files.Lines().Select(line => JsonDocument.Parse(line).RootElement.GetProperty("hash").GetString()));
    }

    private sealed class ToldHeads : ConcurrentQueue<string?>, ILogger<FileAuditLog>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == 2500)
            {
                Enqueue(((IReadOnlyList<KeyValuePair<string, object?>>)state!).Single(field => field.Key == "Hash").Value as string);
            }
        }
    }
}
