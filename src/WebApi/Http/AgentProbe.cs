using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Shared;

namespace Claudy.WebApi.Http;

/// <summary>Asks what agent there is, and remembers the answer for a while: asking starts a process.</summary>
internal sealed class AgentProbe(IAgentLauncher launcher, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private Result<AgentInfo>? _last;
    private long _askedAt;

    /// <summary>What there is, or why it cannot run.</summary>
    public async Task<Result<AgentInfo>> AskAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_last is null || time.GetElapsedTime(_askedAt) > Lifetime)
            {
                _last = await launcher.ProbeAsync(cancellationToken);
                _askedAt = time.GetTimestamp();
            }

            return _last;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
