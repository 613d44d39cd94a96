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

/// <summary>Gives a session another key, once the API takes it; requests use it from the next one on.</summary>
public sealed record UpdateSessionKey(UserId UserId, SessionId SessionId, Secret Key) : ISessionRequest<Result<KeyStatus>>, IAudited<Result<KeyStatus>>
{
    /// <inheritdoc/>
    public AuditAct Act => new("credential.set") { IsCritical = true };

    /// <inheritdoc/>
    public AuditAct ActOf(Result<KeyStatus> response) => Act.With("valid", AuditText.Flag(response.Value.IsValid));
}

internal sealed class UpdateSessionKeyValidator : AbstractValidator<UpdateSessionKey>
{
    public UpdateSessionKeyValidator() => RuleFor(r => r.Key).ClaudeKey();
}

internal sealed class UpdateSessionKeyHandler(IClaudeKeyCheck check, ICredentialVault vault, ISessionInbox inbox)
    : IRequestHandler<UpdateSessionKey, Result<KeyStatus>>
{
    public async Task<Result<KeyStatus>> Handle(UpdateSessionKey request, CancellationToken cancellationToken)
    {
        var status = KeyStatus.From(await check.CheckAsync(request.Key, cancellationToken));
        if (status is not { IsSuccess: true, Value.IsValid: true })
        {
            return status;
        }

        vault.Keep(request.SessionId, request.Key);
        var used = await inbox.SendAsync(request.SessionId, new SessionCommand.UseOwnKey(), cancellationToken);
        if (used.Error is { Status: ResultStatus.NotFound })
        {
            // Deleted meanwhile: nobody else would ever forget the key.
            vault.Forget(request.SessionId);
        }

        return used.IsSuccess ? status : used.Error;
    }
}
