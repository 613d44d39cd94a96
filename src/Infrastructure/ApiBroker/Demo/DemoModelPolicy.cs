using Claudy.Application.Credentials.Ports;
using Microsoft.Extensions.Hosting;

namespace Claudy.Infrastructure.ApiBroker.Demo;

/// <summary>
/// Whether the demo model stands in for a missing credential. The vault decides; production is ruled out here once more, since a
/// misconfigured vault must not make a paying user talk to it.
/// </summary>
internal sealed class DemoModelPolicy(IHostEnvironment environment, ICredentialVault vault)
{
    public bool MayAnswer => !environment.IsProduction() && vault.DefaultSource == CredentialSource.Demo;
}
