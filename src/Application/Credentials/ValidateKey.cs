using Claudy.Application.Audit;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Credentials;

/// <summary>Asks the API whether it takes a key; keeps nothing.</summary>
public sealed record ValidateKey(UserId UserId, Secret Key) : IUserRequest<Result<KeyStatus>>, IAudited<Result<KeyStatus>>
{
    /// <inheritdoc/>
    public AuditAct Act => new("credential.checked");

    /// <inheritdoc/>
    public AuditAct ActOf(Result<KeyStatus> response) => Act.With("valid", AuditText.Flag(response.Value.IsValid));
}

/// <summary>What the API says of a key.</summary>
/// <param name="IsValid">Whether it takes it.</param>
/// <param name="Reason">Why not, in the API's words; null when it does.</param>
public sealed record KeyStatus(bool IsValid, string? Reason)
{
    internal static Result<KeyStatus> From(Result check) => check.Error switch
    {
        null => new KeyStatus(IsValid: true, null),
        { Status: ResultStatus.Unauthorized } refused => new KeyStatus(IsValid: false, refused.Message),
        var error => error,
    };
}

internal sealed class ValidateKeyValidator : AbstractValidator<ValidateKey>
{
    public const int MaxKeyLength = 1000;

    public ValidateKeyValidator() => RuleFor(r => r.Key).ClaudeKey();
}

internal sealed class ValidateKeyHandler(IClaudeKeyCheck check) : IRequestHandler<ValidateKey, Result<KeyStatus>>
{
    public async Task<Result<KeyStatus>> Handle(ValidateKey request, CancellationToken cancellationToken) =>
        KeyStatus.From(await check.CheckAsync(request.Key, cancellationToken));
}

internal static class KeyRules
{
    /// <summary>A key goes into an HTTP header: printable ASCII, no spaces.</summary>
    public static IRuleBuilderOptions<T, Secret> ClaudeKey<T>(this IRuleBuilder<T, Secret> rule) =>
        rule.Must(key => key.Reveal() is { Length: <= ValidateKeyValidator.MaxKeyLength } value && value.All(c => c is > ' ' and <= '~'))
            .WithMessage("claude_token must be a key as Anthropic gives it: printable characters without spaces.")
            .OverridePropertyName("claude_token");
}
