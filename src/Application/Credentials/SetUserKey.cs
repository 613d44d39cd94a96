using Claudy.Application.Audit;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Credentials;

/// <summary>Gives all of a user's sessions that have none of their own a credential, once the API takes it; requests use it from the next one on.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="Credential">The credential.</param>
/// <param name="IsRemembered">Whether it is stored, sealed, and outlives the server; else it is held in memory only.</param>
public sealed record SetUserKey(UserId UserId, ClaudeCredential Credential, bool IsRemembered) : IUserRequest<Result<KeyStatus>>, IAudited<Result<KeyStatus>>
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("credential.set") { IsCritical = true }.With("remembered", AuditText.Flag(IsRemembered));

    /// <inheritdoc/>
    public AuditAct ActOf(Result<KeyStatus> response) => Act.With("valid", AuditText.Flag(response.Value.IsValid));
}

internal sealed class SetUserKeyValidator : AbstractValidator<SetUserKey>
{
    public SetUserKeyValidator() => RuleFor(r => r.Credential).ClaudeToken();
}

internal sealed class SetUserKeyHandler(KeyChecks check, UserCredentials credentials) : IRequestHandler<SetUserKey, Result<KeyStatus>>
{
    public async Task<Result<KeyStatus>> Handle(SetUserKey request, CancellationToken cancellationToken)
    {
        var status = KeyStatus.From(request.Credential, await check.CheckAsync(request.UserId, request.Credential, cancellationToken));
        if (status is { IsSuccess: true, Value.IsValid: true })
        {
            await credentials.KeepAsync(new CredentialScope(request.UserId, null), request.Credential, request.IsRemembered, CancellationToken.None);
        }

        return status;
    }
}
