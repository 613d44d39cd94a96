using Claudy.Application.Audit;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Credentials;

/// <summary>Gives a session another credential, once the API takes it; requests use it from the next one on.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Which session.</param>
/// <param name="Credential">The credential.</param>
/// <param name="IsRemembered">Whether it is stored, sealed, and outlives the server; else it is held in memory only.</param>
public sealed record UpdateSessionKey(UserId UserId, SessionId SessionId, ClaudeCredential Credential, bool IsRemembered = false)
    : ISessionRequest<Result<KeyStatus>>, IAudited<Result<KeyStatus>>
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("credential.set") { IsCritical = true }.With("remembered", AuditText.Flag(IsRemembered));

    /// <inheritdoc/>
    public AuditAct ActOf(Result<KeyStatus> response) => Act.With("valid", AuditText.Flag(response.Value.IsValid));
}

internal sealed class UpdateSessionKeyValidator : AbstractValidator<UpdateSessionKey>
{
    public UpdateSessionKeyValidator() => RuleFor(r => r.Credential).ClaudeToken();
}

internal sealed class UpdateSessionKeyHandler(KeyChecks check, UserCredentials credentials, ISessionInbox inbox)
    : IRequestHandler<UpdateSessionKey, Result<KeyStatus>>
{
    public async Task<Result<KeyStatus>> Handle(UpdateSessionKey request, CancellationToken cancellationToken)
    {
        var status = KeyStatus.From(request.Credential, await check.CheckAsync(request.UserId, request.Credential, cancellationToken));
        if (status is not { IsSuccess: true, Value.IsValid: true })
        {
            return status;
        }

        var scope = new CredentialScope(request.UserId, request.SessionId);
        await credentials.KeepAsync(scope, request.Credential, request.IsRemembered, CancellationToken.None);
        var used = await inbox.SendAsync(request.SessionId, new SessionCommand.UseOwnKey(), cancellationToken);
        if (used.Error is { Status: ResultStatus.NotFound or ResultStatus.Conflict })
        {
            // Deleted or ended meanwhile: nobody else would ever forget the key.
            await credentials.ForgetAsync(request.SessionId, CancellationToken.None);
        }

        return used.IsSuccess ? status : used.Error;
    }
}
