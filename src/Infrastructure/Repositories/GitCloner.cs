using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using Claudy.Application.Files.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Networking;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using Claudy.Infrastructure.Processes;
using Claudy.Infrastructure.Sandbox;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Repositories;

/// <summary>Fetches repositories by the system's git, in the sandbox and through the network of the session that shall have them.</summary>
internal sealed partial class GitCloner(
    IProcessSpawner spawner,
    ISandbox sandbox,
    IEgressProxy egress,
    IWorkspaceFiles files,
    IOptions<RepositoryOptions> options,
    TimeProvider time,
    ILogger<GitCloner> logger) : IRepositoryCloner, IDisposable
{
    private const string CertificatesName = "certificates.pem";
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim _places = new(options.Value.MaxParallel);

    // Before those of all: whoever waits for their own holds up nobody else.
    private readonly KeyedPlaces<UserId> _placesOfUsers = new(options.Value.MaxParallelPerUser);

    public async Task<Result<ClonedRepository>> CloneAsync(RepositoryClone clone, CancellationToken cancellationToken)
    {
        if (_placesOfUsers.IsFull(clone.Owner) || _places.CurrentCount == 0)
        {
            await clone.OnProgress(new CloneProgress(CloneProgress.Waiting, 0), cancellationToken);
        }

        using var place = await _placesOfUsers.EnterAsync(clone.Owner, cancellationToken);
        await _places.WaitAsync(cancellationToken);
        try
        {
            using var folder = new CloneFolder();
            var refusals = new ConcurrentQueue<EgressRefusal>();
            var cloned = await CloneAsync(clone, folder, refusals, cancellationToken);
            if (!cloned.IsSuccess)
            {
                LogFailed(clone.Session, clone.Source.Url, cloned.Error.Reason, cloned.Error.Message);
            }

            return cloned;
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();

    private async Task<Result<ClonedRepository>> CloneAsync(
        RepositoryClone clone, CloneFolder folder, ConcurrentQueue<EgressRefusal> refusals, CancellationToken cancellationToken)
    {
        var policy = new SandboxPolicy
        {
            SessionId = clone.Session,
            WorkspacePath = clone.Location.WorkspacePath,
            HomePath = folder.Home,
            RuntimePath = folder.Runtime,
        };
        if (sandbox.IsIsolating && clone.Rules.Policy.Mode != NetworkMode.None)
        {
            var socket = await egress.OpenAsync(clone.Session, folder.Runtime, clone.Rules, refusals.Enqueue, cancellationToken);
            policy = policy with { EgressSocketPath = socket };
        }

        try
        {
            var view = sandbox.View(policy);
            if (Executable.All("git").Select(view.Find).FirstOrDefault(path => path is not null) is not { } git)
            {
                return RepositoryErrors.GitMissing();
            }

            if (sandbox.Prepare(policy) is { } refused)
            {
                return RepositoryErrors.Failed(clone.Source, refused.Message);
            }

            var spec = GitCommand.Build(git, clone, view, await CertificatesAsync(folder, view, cancellationToken));
            var cloned = await RunAsync(clone, sandbox.Wrap(policy, spec) with { EndsLinesAtReturns = true }, cancellationToken);
            return !cloned.IsSuccess && refusals.TryPeek(out var refusal)
                ? RepositoryErrors.HostNotAllowed(clone.Source, refusal.Host, WhyNot(refusal.Reason))
                : cloned;
        }
        finally
        {
            await egress.CloseAsync(clone.Session);
        }
    }

    private async Task<string?> CertificatesAsync(CloneFolder folder, SandboxView view, CancellationToken cancellationToken)
    {
        if (options.Value.CertificatesPath is not { Length: > 0 } additional)
        {
            return null;
        }

        await TrustedCertificates.WriteAsync(Path.Combine(folder.Runtime, CertificatesName), additional, cancellationToken);
        return Path.Combine(view.Runtime, CertificatesName);
    }

    private async Task<Result<ClonedRepository>> RunAsync(RepositoryClone clone, ProcessSpec spec, CancellationToken cancellationToken)
    {
        // Of what a slow client did not hear yet, only the newest is worth telling.
        var progress = Channel.CreateBounded<CloneProgress>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        var output = new GitOutput(told => progress.Writer.TryWrite(told));
        var started = await spawner.StartAsync(spec, output.Take, cancellationToken);
        if (!started.IsSuccess)
        {
            return RepositoryErrors.Failed(clone.Source, started.Error.Message);
        }

        await using var process = started.Value;
        var telling = TellAsync(clone, progress.Reader, cancellationToken);
        var began = time.GetTimestamp();
        if (clone.Token is { } token)
        {
            await process.WriteLineAsync(Encoding.UTF8.GetBytes($"username=x-access-token\npassword={token.Reveal()}"), cancellationToken);
        }

        var growing = WatchSizeAsync(clone, process, cancellationToken);

        // Closes its standard input at once, so that a second look for the token finds its end and not a wait.
        await process.StopAsync(options.Value.Timeout, cancellationToken);
        var exit = await process.Exited;
        progress.Writer.Complete();
        await telling;
        if (await growing)
        {
            return RepositoryErrors.TooLarge(clone.Source, (await files.MeasureAsync(clone.Session, cancellationToken)).MaxSizeBytes);
        }

        if (exit.ExitCode != 0)
        {
            return time.GetElapsedTime(began) >= options.Value.Timeout
                ? RepositoryErrors.TimedOut(clone.Source, options.Value.Timeout)
                : CloneFailure.Of(clone, exit, output.Lines);
        }

        return new ClonedRepository(output.Lines[^1]);
    }

    /// <summary>Ends git when it has written more than the workspace may hold; also looks once more when it has ended.</summary>
    private async Task<bool> WatchSizeAsync(RepositoryClone clone, IChildProcess process, CancellationToken cancellationToken)
    {
        while (true)
        {
            var hasEnded = await Task.WhenAny(process.Exited, Task.Delay(LookInterval, time, cancellationToken)) == process.Exited;
            // Git is no process of the session's, so that nothing of it is seen by itself.
            var usage = await files.MeasureAnewAsync(clone.Session, cancellationToken);
            if (usage.IsExceeded)
            {
                await process.StopAsync(TimeSpan.Zero, cancellationToken);
                return true;
            }

            if (hasEnded)
            {
                return false;
            }
        }
    }

    private async Task TellAsync(RepositoryClone clone, ChannelReader<CloneProgress> progress, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var told in progress.ReadAllAsync(cancellationToken))
            {
                await clone.OnProgress(told, cancellationToken);
                await Task.Delay(LookInterval / 2, time, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Whoever was told has gone.
        }
    }

    private static string WhyNot(NetworkRefusal reason) => reason switch
    {
        NetworkRefusal.PrivateAddress => "it is not of the public network; only the server's operator can open it.",
        NetworkRefusal.NotListed => "it is not on the list of hosts that the session shall have.",
        NetworkRefusal.ServerLimit => "this server does not give it to sessions.",
        NetworkRefusal.Denied => "this server denies it to all sessions.",
        _ => "it is out of the session's network.",
    };

    [LoggerMessage(2710, LogLevel.Information, "Session {SessionId} was not made: {Url} could not be fetched, {Reason}: {Message}")]
    private partial void LogFailed(Domain.Sessions.SessionId sessionId, string url, string reason, string message);
}
