using Claudy.Application.Sessions.Ports;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Sessions;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Files;

/// <summary>What each session's workspace may hold: by its owner's name where settings name them, else as for all.</summary>
internal sealed class WorkspaceLimitBook(IOptions<WorkspaceOptions> options, ISessionStore sessions, IUserStore users)
{
    private readonly WorkspaceOptions _options = options.Value;

    public async ValueTask<WorkspaceLimits> OfAsync(SessionId session, CancellationToken cancellationToken)
    {
        if (_options.Users.Count == 0)
        {
            return _options.LimitsFor(null);
        }

        var document = await sessions.FindAsync(session, cancellationToken);
        var owner = document is null ? null : await users.FindAsync(document.Owner, cancellationToken);
        return _options.LimitsFor(owner?.Username);
    }
}
