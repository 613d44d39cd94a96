using Claudy.Application.Audit;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Credentials;

/// <summary>Asks the API whether it takes a credential; keeps nothing.</summary>
public sealed record ValidateKey(UserId UserId, ClaudeCredential Credential) : IUserRequest<Result<KeyStatus>>, IAudited<Result<KeyStatus>>
{
    /// <inheritdoc/>
    public AuditAct Act => new("credential.checked");

    /// <inheritdoc/>
    public AuditAct ActOf(Result<KeyStatus> response) => Act.With("valid", AuditText.Flag(response.Value.IsValid));
}

/// <summary>What the API says of a credential.</summary>
/// <param name="Kind">What it was taken for.</param>
/// <param name="Refusal">Why the API does not take it: <c>CLAUDE_001</c>, <c>CLAUDE_006</c> or <c>CLAUDE_007</c>; null when it does.</param>
public sealed record KeyStatus(ClaudeCredentialKind Kind, Error? Refusal)
{
    /// <summary>Whether the API takes it.</summary>
    public bool IsValid => Refusal is null;

    internal static Result<KeyStatus> From(ClaudeCredential credential, Result check) =>
        check.IsSuccess || RefusalOf(check) is not null ? new KeyStatus(credential.Kind, check.Error) : check.Error;

    /// <summary>Why the API does not take a credential; null when it does, or could not be asked.</summary>
    internal static Error? RefusalOf(Result check) =>
        check.Error is { Status: ResultStatus.Unauthorized or ResultStatus.Forbidden } refusal ? refusal : null;
}

internal sealed class ValidateKeyValidator : AbstractValidator<ValidateKey>
{
    public ValidateKeyValidator() => RuleFor(r => r.Credential).ClaudeToken();
}

internal sealed class ValidateKeyHandler(KeyChecks check) : IRequestHandler<ValidateKey, Result<KeyStatus>>
{
    public async Task<Result<KeyStatus>> Handle(ValidateKey request, CancellationToken cancellationToken) =>
        KeyStatus.From(request.Credential, await check.CheckAsync(request.UserId, request.Credential, cancellationToken));
}

internal static class CredentialRules
{
    private const int MaxLength = 4096;

    /// <summary>A credential goes into an HTTP header: printable ASCII, no spaces.</summary>
    public static IRuleBuilderOptions<T, ClaudeCredential> ClaudeToken<T>(this IRuleBuilder<T, ClaudeCredential> rule) =>
        rule.Must(credential => credential.Value.Reveal() is { Length: <= MaxLength } value && value.All(c => c is > ' ' and <= '~'))
            .WithMessage("claude_token must be a key or token as Anthropic or a gateway gives it: up to 4,096 printable characters without spaces.")
            .OverridePropertyName("claude_token");
}
