using Claudy.Application.Audit;
using Claudy.Application.Authentication;
using Claudy.Application.Authentication.Ports;
using Claudy.WebApi.Hosting;
using MediatR;

namespace Claudy.WebApi.Cli;

/// <summary>Makes an access token of the local user from the data folder, as whoever can read that folder may.</summary>
internal static class LocalToken
{
    /// <exception cref="Exception">The data folder cannot be used; see <see cref="LocalServices.IsOperational"/>.</exception>
    public static async Task<string> IssueAsync(CancellationToken cancellationToken)
    {
        using var host = LocalServices.ComposeForTokens();

        // Here, and not within the use case, where a key that cannot be read would pass for a fault.
        host.Services.GetRequiredService<ISigningKeys>();
        await using var scope = host.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<AuditOrigin>().Credential = AuditCredential.Console;
        var issued = await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new IssueLocalToken(), cancellationToken);
        return issued.Error is { } error ? throw new StartupException(error.Message) : issued.Value.Token.Value.Reveal();
    }
}
