using Claudy.Application;
using Claudy.Application.Authentication;
using Claudy.Infrastructure.Security;
using Claudy.Infrastructure.Sqlite;
using MediatR;

namespace Claudy.WebApi.Cli;

/// <summary>Makes an access token of the local user from the data folder, as whoever can read that folder may.</summary>
internal static class LocalToken
{
    /// <exception cref="Exception">The data folder cannot be used; see <see cref="LocalServices.IsOperational"/>.</exception>
    public static async Task<string> IssueAsync(CancellationToken cancellationToken)
    {
        using var host = LocalServices.Compose(builder => builder.AddApplication().AddSqliteStores().AddSecurity());
        await using var scope = host.Services.CreateAsyncScope();
        var issued = await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new IssueLocalToken(), cancellationToken);
        return issued.Value.Token.Value.Reveal();
    }
}
