using Claudy.Application.Audit;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;
using Microsoft.Extensions.Logging;

namespace Claudy.Application.Authentication.GitHub;

/// <summary>Goes on with a sign-in that <see cref="BeginGitHubSignIn"/> began, with what GitHub sent the person back with.</summary>
/// <param name="State">Names the sign-in.</param>
/// <param name="Code">What GitHub gave; null when it gave an error instead.</param>
/// <param name="Refusal">GitHub's error, such as <c>access_denied</c>; null when it gave a code.</param>
/// <param name="Binding">What the browser that began brought back; null from a program.</param>
public sealed record CompleteGitHubSignIn(string? State, string? Code, string? Refusal, string? Binding) : IRequest<Result<SignedIn>>, IAudited<Result<SignedIn>>
{
    /// <inheritdoc/>
    public AuditAct Act => new("sign_in.github") { IsCritical = true };

    /// <inheritdoc/>
    public AuditAct ActOf(Result<SignedIn> response) => Act with { Actor = response.Value.User };

    /// <summary>The name alone: code and state are worth a token until they are taken.</summary>
    public override string ToString() => nameof(CompleteGitHubSignIn);
}

internal sealed partial class CompleteGitHubSignInHandler(
    IOneTimeStore pending,
    IGitHub github,
    GitHubAdmission admission,
    IUserStore users,
    SignIns signIns,
    TimeProvider time,
    ILogger<CompleteGitHubSignInHandler> logger) : IRequestHandler<CompleteGitHubSignIn, Result<SignedIn>>
{
    private const int MaxRefusalLength = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);

    public async Task<Result<SignedIn>> Handle(CompleteGitHubSignIn request, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(request.State)
            || await PendingGitHubSignIn.TakeAsync(pending, request.State, cancellationToken) is not { } begun
            || !begun.IsBoundTo(request.Binding))
        {
            return GitHubErrors.StateInvalid();
        }

        if (request.Refusal is { } refusal)
        {
            return ErrorOf(refusal);
        }

        if (string.IsNullOrEmpty(request.Code))
        {
            return GitHubErrors.CodeInvalid();
        }

        var user = await AskAsync(request.Code, begun, cancellationToken);
        return user.IsSuccess ? await signIns.IssueAsync(user.Value, cancellationToken) : user.Error;
    }

    // Several questions, each asked again when GitHub fails; together they must not outlast whoever waits for the answer.
    private async Task<Result<User>> AskAsync(string code, PendingGitHubSignIn begun, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            // Used here and kept nowhere.
            var token = await github.ExchangeAsync(code, begun.Verifier, begun.RedirectUri, patience.Token);
            return token.IsSuccess ? await IdentifyAsync(token.Value, patience.Token) : token.Error;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return GitHubErrors.Unavailable();
        }
    }

    private async Task<Result<User>> IdentifyAsync(Secret token, CancellationToken cancellationToken)
    {
        var account = await github.GetAccountAsync(token, cancellationToken);
        if (!account.IsSuccess)
        {
            return account.Error;
        }

        var (identity, login, profile) = account.Value;
        var admitted = await admission.AdmitAsync(account.Value, token, cancellationToken);
        if (!admitted.IsSuccess)
        {
            return admitted.Error;
        }

        var username = User.NameFor(login, AdmissionOptions.ProviderName);
        if (admitted.Value.Right == AdmissionRight.Login && await users.FindByNameAsync(username, cancellationToken) is { } holder && holder.Identity != identity)
        {
            LogLoginReused(login, identity.Subject, holder.Identity?.Subject);
            return GitHubErrors.LoginReused(login);
        }

        var now = time.GetUtcNow();
        var seen = new User(UserId.New(now), username, now)
        {
            Role = admitted.Value.Role,
            Identity = identity,
            Profile = profile,
            MemberSeenAt = admitted.Value.Right == AdmissionRight.Membership ? now : null,
        };
        return await users.RecordAsync(seen, cancellationToken);
    }

    private Error ErrorOf(string refusal)
    {
        if (refusal == "access_denied")
        {
            return GitHubErrors.Denied();
        }

        // Anybody can write such an address: the log takes a name and nothing else.
        if (refusal.Length <= MaxRefusalLength && refusal.All(c => char.IsAsciiLetterLower(c) || c == '_'))
        {
            LogRefused(refusal);
        }

        return GitHubErrors.Misconfigured();
    }

    [LoggerMessage(2400, LogLevel.Warning, "GitHub refused to let somebody sign in: {Refusal}. Compare the application's registration at GitHub with Claudy:GitHub")]
    private partial void LogRefused(string refusal);

    [LoggerMessage(2401, LogLevel.Warning, "The GitHub login {Login} is now that of account {Number} and was that of account {FormerNumber}: nobody is let in by it until Claudy:GitHub names the account meant as id:NUMBER")]
    private partial void LogLoginReused(string login, string number, string? formerNumber);
}
