using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;

namespace Claudy.Application.Sessions;

/// <summary>Reads a session's conversation from its history.</summary>
internal sealed class ConversationReader(ISessionEventLog log)
{
    private const int PageSize = 500;

    /// <summary>The conversation up to the last event that is stored.</summary>
    /// <exception cref="StoreUnavailableException">The log cannot be read.</exception>
    public async Task<Conversation> ReadAsync(SessionId session, CancellationToken cancellationToken)
    {
        var builder = new ConversationBuilder();
        var after = 0L;
        while (true)
        {
            var page = await log.ReadAfterAsync(session, after, PageSize, cancellationToken);
            foreach (var stored in page)
            {
                builder.Add(stored);
                after = stored.Seq;
            }

            if (page.Count < PageSize)
            {
                return builder.Build();
            }
        }
    }
}
