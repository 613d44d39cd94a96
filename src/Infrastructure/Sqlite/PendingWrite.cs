namespace Claudy.Infrastructure.Sqlite;

/// <summary>A write that waits for its group's commit.</summary>
internal interface IPendingWrite
{
    /// <summary>Does it, within the group's transaction.</summary>
    void Run(PreparedConnection connection);

    /// <summary>It is committed.</summary>
    void Complete();

    /// <summary>It left nothing behind.</summary>
    void Fail(Exception fault);
}

/// <inheritdoc/>
internal sealed class PendingWrite<T>(Func<PreparedConnection, T> write) : IPendingWrite
{
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;

    public Task<T> Completion => _completion.Task;

    public void Run(PreparedConnection connection) => _result = write(connection);

    public void Complete() => _completion.TrySetResult(_result!);

    public void Fail(Exception fault) => _completion.TrySetException(fault);
}
