using System.Net.Sockets;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Networking;

namespace Claudy.Infrastructure.Egress;

/// <summary>One connection from a sandbox: one request, and what follows it.</summary>
internal sealed class EgressExchange(EgressSession session, Socket child, EgressConnector connector, TimeSpan idleTimeout, CancellationToken closing) : IDisposable
{
    private const int MaxHeadBytes = 16 * 1024;
    private const int MaxDrainedBytes = 1024 * 1024;
    private static readonly TimeSpan HeadTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _cut = CancellationTokenSource.CreateLinkedTokenSource(closing);
    private volatile EgressRequest? _request;
    private bool _isDisposed;

    /// <summary>Cuts it when these rules do not allow the host that it is about.</summary>
    public void CutUnlessAllowed(NetworkRules rules)
    {
        if (_request is not { Host: { } host, Port: var port } || rules.Judge(host, port) is null)
        {
            return;
        }

        lock (_cut)
        {
            if (!_isDisposed)
            {
                _cut.Cancel();
            }
        }
    }

    /// <summary>Serves it to its end.</summary>
    /// <exception cref="OperationCanceledException">It was cut, or silent for too long.</exception>
    /// <exception cref="SocketException">A side hung up.</exception>
    public async Task RunAsync()
    {
        var buffer = new byte[MaxHeadBytes];
        var (headBytes, readBytes) = await ReadHeadAsync(buffer);
        if (headBytes == 0)
        {
            await AnswerAsync(readBytes == buffer.Length ? EgressAnswer.TooLarge : EgressAnswer.Malformed("it broke off."));
        }
        else if (!EgressRequest.TryParse(buffer.AsSpan(0, headBytes), out var request, out var why))
        {
            await AnswerAsync(EgressAnswer.Malformed(why));
        }
        else
        {
            _request = request;
            Interlocked.MemoryBarrier();
            await PassOnAsync(request, buffer.AsMemory(headBytes..readBytes));
        }
    }

    public void Dispose()
    {
        child.Dispose();
        lock (_cut)
        {
            _isDisposed = true;
            _cut.Dispose();
        }
    }

    private async Task PassOnAsync(EgressRequest request, ReadOnlyMemory<byte> early)
    {
        var rules = session.Rules;
        if (request.Host is not { } host)
        {
            await RefuseAsync(request, NetworkRefusal.InvalidHost);
            return;
        }

        if (rules.Judge(host, request.Port) is { } refusal)
        {
            await RefuseAsync(request, refusal);
            return;
        }

        switch (await connector.ConnectAsync(host, request.Port, rules, _cut.Token))
        {
            case EgressConnection.Refused(var reason):
                await RefuseAsync(request, reason);
                break;
            case EgressConnection.Failed(var answer):
                await AnswerAsync(answer);
                break;
            case EgressConnection.Made(var socket):
                using (socket)
                {
                    await RelayAsync(request, socket, early);
                }

                break;
        }
    }

    private async Task RelayAsync(EgressRequest request, Socket host, ReadOnlyMemory<byte> early)
    {
        if (request.Head is { } head)
        {
            await host.SendAllAsync(head, _cut.Token);
        }
        else
        {
            await child.SendAllAsync(EgressAnswer.Connected, _cut.Token);
        }

        await host.SendAllAsync(early, _cut.Token);
        await new Relay(child, host, idleTimeout).RunAsync(_cut.Token);
    }

    private async Task RefuseAsync(EgressRequest request, NetworkRefusal reason)
    {
        var refusal = new EgressRefusal(request.RawHost, request.Port, reason);
        session.Tell(refusal);
        await AnswerAsync(EgressAnswer.Refused(refusal));
    }

    private async Task<(int HeadBytes, int ReadBytes)> ReadHeadAsync(byte[] buffer)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_cut.Token);
        patience.CancelAfter(HeadTimeout);
        var read = 0;
        while (read < buffer.Length && await child.ReceiveAsync(buffer.AsMemory(read), patience.Token) is var more and > 0)
        {
            var searchFrom = Math.Max(0, read - 3);
            read += more;
            if (buffer.AsSpan(searchFrom, read - searchFrom).IndexOf("\r\n\r\n"u8) is >= 0 and var end)
            {
                return (searchFrom + end + 4, read);
            }
        }

        return (0, read);
    }

    // To close with something unread would break the connection, and the program might never see the answer.
    private async Task AnswerAsync(byte[] answer)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_cut.Token);
        patience.CancelAfter(DrainTimeout);
        await child.SendAllAsync(answer, patience.Token);
        child.Shutdown(SocketShutdown.Send);
        var buffer = new byte[4096];
        var drained = 0;
        while (drained < MaxDrainedBytes && await child.ReceiveAsync(buffer.AsMemory(), patience.Token) is var read and > 0)
        {
            drained += read;
        }
    }
}
