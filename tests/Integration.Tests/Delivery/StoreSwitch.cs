using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Claudy.Integration.Tests.Delivery;

/// <summary>Stands between a server and its real store: makes writing fail for a while, or for good as the end of the process does.</summary>
internal sealed class StoreSwitch
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _quiet = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _underWay;
    private bool _isCut;

    /// <summary>Whether nothing can be written, as when the disk is full.</summary>
    public bool IsFull { get; set; }

    /// <summary>Whether what is written next is kept although its writer is told that it failed.</summary>
    public bool LosesNextAnswer { get; set; }

    /// <summary>Puts it in front of the stores that were composed.</summary>
    public void Install(IServiceCollection services)
    {
        Decorate<ISessionEventLog>(services, inner => new Log(inner, this));
        Decorate<ISessionStore>(services, inner => new Store(inner, this));
    }

    /// <summary>Lets what is being written end, and nothing be written or told any more.</summary>
    public Task CutAsync()
    {
        lock (_gate)
        {
            _isCut = true;
            if (_underWay == 0)
            {
                _quiet.TrySetResult();
            }
        }

        return _quiet.Task;
    }

    private static void Decorate<T>(IServiceCollection services, Func<T, T> decorate)
        where T : class
    {
        var composed = services.Last(s => s.ServiceType == typeof(T));
        services.Replace(ServiceDescriptor.Singleton(provider =>
            decorate((T)ActivatorUtilities.CreateInstance(provider, composed.ImplementationType!))));
    }

    private static async Task<bool> Done(Task work)
    {
        await work;
        return true;
    }

    private static StoreUnavailableException Unavailable() => new("The disk is full.", new IOException("No space left on device"));

    private async Task<T> WriteAsync<T>(Func<Task<T>> write)
    {
        lock (_gate)
        {
            if (_isCut || IsFull)
            {
                throw Unavailable();
            }

            _underWay++;
        }

        var isAnswerLost = false;
        T result;
        try
        {
            result = await write();
        }
        finally
        {
            lock (_gate)
            {
                isAnswerLost = _isCut || LosesNextAnswer;
                LosesNextAnswer = false;
                if (--_underWay == 0 && _isCut)
                {
                    _quiet.TrySetResult();
                }
            }
        }

        return isAnswerLost ? throw Unavailable() : result;
    }

    private sealed class Log(ISessionEventLog inner, StoreSwitch store) : ISessionEventLog
    {
        public Task<Result> AppendAsync(SessionId session, long epoch, long afterSeq, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken) =>
            store.WriteAsync(() => inner.AppendAsync(session, epoch, afterSeq, events, cancellationToken));

        public Task<IReadOnlyList<StoredEvent>> ReadAfterAsync(SessionId session, long afterSeq, int limit, CancellationToken cancellationToken) =>
            inner.ReadAfterAsync(session, afterSeq, limit, cancellationToken);

        public Task<IReadOnlyList<StoredEventJson>> ReadPageAsync(SessionId session, long afterSeq, int maxBytes, CancellationToken cancellationToken) =>
            inner.ReadPageAsync(session, afterSeq, maxBytes, cancellationToken);

        public Task<IReadOnlyList<StoredEvent>> ReadBeforeAsync(SessionId session, long beforeSeq, int limit, CancellationToken cancellationToken) =>
            inner.ReadBeforeAsync(session, beforeSeq, limit, cancellationToken);

        public Task<SessionHead> HeadAsync(SessionId session, CancellationToken cancellationToken) => inner.HeadAsync(session, cancellationToken);

        public Task DeleteAsync(SessionId session, CancellationToken cancellationToken) =>
            store.WriteAsync(() => Done(inner.DeleteAsync(session, cancellationToken)));
    }

    private sealed class Store(ISessionStore inner, StoreSwitch store) : ISessionStore
    {
        public Task AddAsync(SessionDocument session, CancellationToken cancellationToken) =>
            store.WriteAsync(() => Done(inner.AddAsync(session, cancellationToken)));

        public Task AddHiddenAsync(SessionDocument session, CancellationToken cancellationToken) =>
            store.WriteAsync(() => Done(inner.AddHiddenAsync(session, cancellationToken)));

        public Task<bool> RevealAsync(SessionDocument session, CancellationToken cancellationToken) =>
            store.WriteAsync(() => inner.RevealAsync(session, cancellationToken));

        public Task SaveAsync(SessionDocument session, CancellationToken cancellationToken) =>
            store.WriteAsync(() => Done(inner.SaveAsync(session, cancellationToken)));

        public Task<SessionDocument?> FindAsync(SessionId id, CancellationToken cancellationToken) => inner.FindAsync(id, cancellationToken);

        public Task<SessionPage> ListAsync(SessionFilter filter, CancellationToken cancellationToken) => inner.ListAsync(filter, cancellationToken);

        public Task<int> CountLiveAsync(UserId owner, CancellationToken cancellationToken) => inner.CountLiveAsync(owner, cancellationToken);

        public Task<IReadOnlyList<SessionId>> ListUnsettledAsync(CancellationToken cancellationToken) => inner.ListUnsettledAsync(cancellationToken);

        public Task<IReadOnlyList<SessionId>> ListUnusedAsync(SessionStatus status, DateTimeOffset before, SessionId? after, int limit, CancellationToken cancellationToken) =>
            inner.ListUnusedAsync(status, before, after, limit, cancellationToken);

        public Task MarkDeletingAsync(SessionId id, CancellationToken cancellationToken) =>
            store.WriteAsync(() => Done(inner.MarkDeletingAsync(id, cancellationToken)));

        public Task<IReadOnlyList<SessionId>> ListDeletingAsync(SessionId? after, int limit, CancellationToken cancellationToken) =>
            inner.ListDeletingAsync(after, limit, cancellationToken);

        public Task DeleteAsync(SessionId id, CancellationToken cancellationToken) =>
            store.WriteAsync(() => Done(inner.DeleteAsync(id, cancellationToken)));
    }
}
