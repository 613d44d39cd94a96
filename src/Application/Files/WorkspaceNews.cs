using Claudy.Application.Files.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Workspaces;

namespace Claudy.Application.Files;

/// <summary>Tells sessions what happens in their workspaces.</summary>
internal sealed class WorkspaceNews(ISessionInbox inbox) : IWorkspaceObserver
{
    public Task OnChangedAsync(SessionId session, IReadOnlyList<ChangedFile> files, bool isTruncated) =>
        inbox.SendAsync(session, new SessionCommand.NoteFiles(files, isTruncated), CancellationToken.None);

    public Task OnExceededAsync(SessionId session, WorkspaceUsage usage) =>
        inbox.SendAsync(session, new SessionCommand.ExceedQuota(usage), CancellationToken.None);
}
