using Claudy.Application.Audit;
using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using MediatR;
using Microsoft.Extensions.Logging;

namespace Claudy.Application.Files;

/// <summary>Puts a file into the session's workspace; folders on the way are made.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Whose workspace.</param>
/// <param name="Path">Where, relative to the workspace.</param>
/// <param name="Content">The bytes.</param>
/// <param name="Overwrite">Whether a file that is there is replaced.</param>
public sealed record UploadFile(UserId UserId, SessionId SessionId, string Path, ReadOnlyMemory<byte> Content, bool Overwrite) : ISessionRequest<Result<WrittenFile>>, IAudited<Result<WrittenFile>>
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("file.uploaded") { Target = Path }.With("size", AuditText.Number(Content.Length));

    /// <inheritdoc/>
    public AuditAct ActOf(Result<WrittenFile> response) => Act.With("sha256", response.Value.Sha256).With("created", AuditText.Flag(response.Value.Created));
}

internal sealed partial class UploadFileHandler(
    IWorkspaceFiles files,
    IWorkspaceConfigurationReader configuration,
    ISessionInbox inbox,
    ILogger<UploadFileHandler> logger) : IRequestHandler<UploadFile, Result<WrittenFile>>
{
    public async Task<Result<WrittenFile>> Handle(UploadFile request, CancellationToken cancellationToken)
    {
        var path = WorkspacePath.Parse(request.Path);
        if (!path.IsSuccess)
        {
            return path.Error;
        }

        var written = await files.WriteAsync(request.SessionId, path.Value, request.Content, request.Overwrite, cancellationToken);
        if (written.IsSuccess && configuration.Reads(path.Value))
        {
            await LookAtConfigurationAsync(request.SessionId, cancellationToken);
        }

        return written;
    }

    // Only so that it is reviewed early; the next start looks anyway. The file is written, whatever becomes of the look.
    private async Task LookAtConfigurationAsync(SessionId session, CancellationToken cancellationToken)
    {
        try
        {
            var looked = await inbox.SendAsync(session, new SessionCommand.LookAtConfiguration(), cancellationToken);
            if (looked.Error is { } error)
            {
                LogNotLooked(session, error.Message);
            }
        }
        catch (Exception exception)
        {
            LogLookFailed(exception, session);
        }
    }

    [LoggerMessage(298, LogLevel.Information, "Session {SessionId}: its configuration, which an upload may have changed, is not looked at before the next start: {Why}")]
    private partial void LogNotLooked(SessionId sessionId, string why);

    [LoggerMessage(299, LogLevel.Warning, "Session {SessionId}: its configuration, which an upload may have changed, could not be looked at; the next start does")]
    private partial void LogLookFailed(Exception exception, SessionId sessionId);
}
