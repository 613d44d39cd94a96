using Claudy.Application.Sessions.Ports;

namespace Claudy.WebApi.Hosting;

/// <summary>Stops the start where several people could sign in and nothing keeps their sessions apart.</summary>
internal sealed class IsolationRequirement(SignInModes modes, IAgentLauncher agents) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => !modes.GitHub || agents.IsIsolating
        ? Task.CompletedTask
        : throw new StartupException(
            "With GitHub several people can sign in, and without a sandbox their sessions could read each other's files and the server's keys. "
            + "Install bubblewrap (claudy doctor says how), set Claudy:Sandbox:Mode to Auto or Bubblewrap, or leave GitHub out.");

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
