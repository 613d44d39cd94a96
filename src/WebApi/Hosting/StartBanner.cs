using Claudy.Application.Audit;
using Claudy.Application.Authentication;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.WebApi.Http;
using MediatR;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Claudy.WebApi.Hosting;

/// <summary>Tells on standard output where the server is, how to sign in, and what it found.</summary>
internal sealed class StartBanner(
    IServer server,
    IServiceScopeFactory scopes,
    AgentProbe agent,
    ICredentialVault credentials,
    DataFolder data,
    SignInModes modes,
    BannerOutput output) : IHostedLifecycleService
{
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        var address = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "";
        SignInAddress.Tell(data, modes.Local ? address : null);
        var probed = await agent.AskAsync(cancellationToken);
        string[] lines =
        [
            $"Claudy {HealthEndpoints.Version}",
            $"  address      {address}  (WebSocket {address.Replace("http", "ws", StringComparison.Ordinal)}/ws)",
            .. await SignInAsync(address, cancellationToken),
            $"  Claude Code  {(probed.IsSuccess ? probed.Value.Version : $"NOT FOUND: {probed.Error.Message}")}",
            $"  sandbox      {(probed.IsSuccess ? probed.Value.Sandbox : null) ?? "NONE: sessions run with the rights of this server; install bubblewrap (claudy doctor says how)"}",
            $"  limits       {Limits(probed.IsSuccess ? probed.Value : null)}",
            $"  stores       SQLite in {data.Path}",
            $"  credential   {Credential()}",
        ];
        await output.Writer.WriteLineAsync(string.Join(Environment.NewLine, lines).AsMemory(), cancellationToken);
        await output.Writer.FlushAsync(cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        SignInAddress.Tell(data, null);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<IReadOnlyList<string>> SignInAsync(string address, CancellationToken cancellationToken)
    {
        List<string> lines = [];
        if (modes.GitHub)
        {
            lines.Add($"  sign in      {address}/auth/github  (with GitHub)");
        }

        if (modes.Local)
        {
            lines.Add($"  sign in      {SignInAddress.LinkTo(address, await CodeAsync(cancellationToken))}  (once, within ten minutes)");
        }

        return lines;
    }

    private async Task<string> CodeAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<AuditOrigin>().Credential = AuditCredential.Server;
        var code = await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new CreateSignInCode(), cancellationToken);
        return code.Value.Value.Reveal();
    }

    private static string Limits(AgentInfo? agent) => agent switch
    {
        null => "not known without Claude Code",
        { Limits: null } => "NONE for memory, CPU and processes (claudy doctor says why)",
        { Unlimited: { } unlimited } => $"{agent.Limits}; NOT limited is {unlimited}",
        _ => agent.Limits,
    };

    private string Credential() => credentials.DefaultSource switch
    {
        CredentialSource.Server => "the server's own, for all sessions",
        CredentialSource.Demo => "none: the built-in demo model answers; set ANTHROPIC_API_KEY for the real one",
        _ => "none: each session needs a key of its user's own",
    };
}

/// <summary>Where the banner goes.</summary>
internal sealed record BannerOutput(TextWriter Writer);
