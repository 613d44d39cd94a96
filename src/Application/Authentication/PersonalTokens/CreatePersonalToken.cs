using Claudy.Application.Audit;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Authentication.PersonalTokens;

/// <summary>Makes a personal access token. Its text is told this once.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="SignInId">The sign-in that makes it.</param>
/// <param name="Name">What its owner calls it: 1 to 100 characters, none of them a control character.</param>
/// <param name="ExpiresInDays">How many days it holds, 1 to 3,650; null for until it is revoked.</param>
public sealed record CreatePersonalToken(UserId UserId, SignInId SignInId, string? Name, int? ExpiresInDays)
    : IUserRequest<Result<CreatedPersonalToken>>, IAudited<Result<CreatedPersonalToken>>
{
    /// <inheritdoc/>
    public AuditAct Act => new("token.created") { IsCritical = true };

    /// <inheritdoc/>
    public AuditAct ActOf(Result<CreatedPersonalToken> response) => Act with { Target = response.Value.Token.Id.ToString() };
}

/// <summary>A personal access token was made.</summary>
/// <param name="Text">The token itself.</param>
/// <param name="Token">What is kept of it, besides its hash.</param>
public sealed record CreatedPersonalToken(Secret Text, PersonalToken Token);

internal sealed class CreatePersonalTokenValidator : AbstractValidator<CreatePersonalToken>
{
    private const int MaxNameLength = 100;
    private const int MaxDays = 3650;

    public CreatePersonalTokenValidator()
    {
        RuleFor(r => r.Name)
            .Must(name => !string.IsNullOrWhiteSpace(name) && name.Length <= MaxNameLength && !name.Any(char.IsControl))
            .WithMessage($"name must have 1 to {MaxNameLength} characters, none of them a control character.");
        RuleFor(r => r.ExpiresInDays).InclusiveBetween(1, MaxDays).WithMessage($"expires_in_days must be 1 to {MaxDays}, or left out.");
    }
}

internal sealed class CreatePersonalTokenHandler(IPersonalTokenStore store, IOptions<SignInOptions> options, TimeProvider time)
    : IRequestHandler<CreatePersonalToken, Result<CreatedPersonalToken>>
{
    public async Task<Result<CreatedPersonalToken>> Handle(CreatePersonalToken request, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var text = PersonalTokenText.New();
        var expiresAt = request.ExpiresInDays is { } days ? now.AddDays(days) : (DateTimeOffset?)null;
        var token = new PersonalToken(PersonalTokenId.New(now), request.UserId, request.Name!.Trim(), now, expiresAt, LastUsedAt: null);
        var limit = options.Value.MaxPersonalTokensPerUser;
        return await store.AddAsync(new NewPersonalToken(token, TokenHash.Of(text), request.SignInId), limit, cancellationToken) switch
        {
            PersonalTokenAddition.Added => new CreatedPersonalToken(new Secret(text), token),
            PersonalTokenAddition.TooMany => AuthErrors.TooManyPersonalTokens(limit),
            _ => AuthErrors.TokenRevoked(),
        };
    }
}
