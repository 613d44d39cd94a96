using System.Collections.Concurrent;
using Claudy.Domain.Sessions;
using Claudy.Infrastructure.Processes;
using Claudy.Infrastructure.Processes.ControlGroups;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Processes.ControlGroups;

public sealed class UsageWatchTests : IDisposable
{
    private const string Stuck = "/stuck";
    private const string Other = "/other";

    private readonly FakeTimeProvider _time = new();
    private readonly ConcurrentQueue<DateTimeOffset> _tries = new();
    private readonly ConcurrentQueue<TimeSpan> _gaveUpAfter = new();
    private readonly LineLogger _logger = new();
    private readonly UsageWatch _watch;
    private long _used;
    private bool _isStuck;

    public UsageWatchTests() => _watch = new UsageWatch(_time, _logger, MeasureAsync);

    [Fact]
    public async Task Look_WhenOneCannotBeMeasuredAnyMore_ShouldStillEndAnotherThatUsesTooMuch()
    {
        Watch(Stuck);
        var other = Watch(Other);
        GetStuck();

        Volatile.Write(ref _used, 100 << 20);
        Pass(TimeSpan.FromMinutes(2), () => false);

        (await other.EndAsync()).ShouldBe(new ExceededLimit(LimitedResource.Disk, 1 << 20));
    }

    [Fact]
    public void Look_WhenOneCannotBeMeasured_ShouldGiveItMoreTimeLessAndLessOften()
    {
        _isStuck = true;
        Watch(Stuck);

        Pass(TimeSpan.FromHours(2), () => _gaveUpAfter.Count >= 7);

        foreach (var (time, seconds) in _gaveUpAfter.Zip([10, 20, 40, 80, 160, 160, 160]))
        {
            time.TotalSeconds.ShouldBeInRange(seconds, seconds + 5);
        }

        var tries = _tries.ToArray();
        tries.Length.ShouldBe(7);
        foreach (var (minutes, at) in new[] { 1, 2, 4, 8, 8, 8 }.Zip(Enumerable.Range(1, 6)))
        {
            (tries[at] - tries[at - 1]).TotalMinutes.ShouldBeInRange(minutes, minutes + 0.5);
        }
    }

    [Fact]
    public async Task Look_WhenItCanBeMeasuredAgain_ShouldEndWhatUsesTooMuch()
    {
        var group = Watch(Stuck);
        GetStuck();

        (_isStuck, _used) = (false, 100 << 20);
        Pass(TimeSpan.FromMinutes(5), () => false);

        (await group.EndAsync()).ShouldBe(new ExceededLimit(LimitedResource.Disk, 1 << 20));
    }

    [Fact]
    public void Look_WhenOneCannotBeMeasuredAgainAndAgain_ShouldTellOnce()
    {
        Watch(Stuck);
        GetStuck();

        Pass(TimeSpan.FromMinutes(30), () => _gaveUpAfter.Count >= 4);

        _logger.Lines.ShouldHaveSingleItem().ShouldContain(Stuck);
    }

    public void Dispose() => _watch.Dispose();

    private ControlGroup Watch(string folder)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        var group = new ControlGroup(new ResourceBounds { Name = folder, MaxDiskBytes = 1 << 20, Folders = [folder] }, [], _watch, _time, _logger);
        SynchronizationContext.SetSynchronizationContext(context);
        return group;
    }

    private async Task<long> MeasureAsync(IReadOnlyList<string> folders, IReadOnlyList<int> processes, CancellationToken cancellationToken)
    {
        var began = _time.GetUtcNow();
        if (folders[0] != Stuck || !_isStuck)
        {
            return Volatile.Read(ref _used);
        }

        // Not by a delay, which is cancelled on another thread.
        _tries.Enqueue(began);
        var stuck = new TaskCompletionSource<long>();
        await using var registration = cancellationToken.Register(() =>
        {
            _gaveUpAfter.Enqueue(_time.GetUtcNow() - began);
            stuck.TrySetCanceled(cancellationToken);
        });
        return await stuck.Task;
    }

    // In the midst of its turn, and not when it was added.
    private void GetStuck()
    {
        _isStuck = true;
        Pass(TimeSpan.FromMinutes(3), () => !_gaveUpAfter.IsEmpty);
        _gaveUpAfter.ShouldNotBeEmpty();
    }

    // Without a context all that a step sets off is done when it returns.
    private void Pass(TimeSpan time, Func<bool> isEnough)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        for (var end = _time.GetUtcNow() + time; _time.GetUtcNow() < end && !isEnough();)
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
        }

        SynchronizationContext.SetSynchronizationContext(context);
    }

    private sealed class LineLogger : ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));
    }
}
