using System.Runtime.InteropServices;
using System.Text;

namespace Claudy.WebApi.Cli.Chat;

/// <summary>Where the chat is shown and typed.</summary>
internal interface ITerminal
{
    /// <summary>Whether a person can be asked.</summary>
    bool IsInteractive { get; }

    /// <summary>Whether colours are shown.</summary>
    bool HasColour { get; }

    /// <summary>Claude's answer, and nothing else: what a script reads.</summary>
    void WriteAnswer(string text);

    /// <summary>All that is about the answer.</summary>
    void WriteAside(string text);

    /// <summary>The next line typed; null at the end of input. A read that was given up goes on with the next call.</summary>
    Task<string?> ReadLineAsync();
}

/// <summary>The real one: answers to standard output, the rest to standard error.</summary>
internal sealed class ConsoleTerminal(bool canAsk) : ITerminal
{
    private readonly Stream _out = Console.OpenStandardOutput();
    private readonly Stream _error = Console.OpenStandardError();
    private Task<string?>? _reading;

    public bool IsInteractive { get; } = canAsk && !Console.IsInputRedirected && !Console.IsErrorRedirected;

    public bool HasColour { get; } = !Console.IsErrorRedirected && !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    public void WriteAnswer(string text) => _out.Write(Encoding.UTF8.GetBytes(text));

    public void WriteAside(string text) => _error.Write(Encoding.UTF8.GetBytes(text));

    public async Task<string?> ReadLineAsync()
    {
        // Reading a terminal cannot be cancelled: one thread waits in it for as long as the program runs.
        var reading = _reading ??= Task.Factory.StartNew(Console.In.ReadLine, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var line = await reading;
        _reading = null;
        return line;
    }
}

/// <summary>Counts Ctrl-C.</summary>
internal sealed class InterruptKey : IDisposable
{
    private readonly PosixSignalRegistration _registration;
    private TaskCompletionSource _pressed = NewPress();

    public InterruptKey() => _registration = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
    {
        context.Cancel = true;
        Press();
    });

    /// <summary>Completes at the next press; a press that nobody waited for is not lost.</summary>
    public Task Pressed => _pressed.Task;

    public void Press() => _pressed.TrySetResult();

    /// <summary>The press was seen to.</summary>
    public void Reset() => _pressed = NewPress();

    public void Dispose() => _registration.Dispose();

    private static TaskCompletionSource NewPress() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
