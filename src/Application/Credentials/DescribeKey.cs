using Claudy.Application.Credentials.Ports;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Credentials;

/// <summary>Tells of the credential that a user gave for all sessions, without showing it.</summary>
public sealed record DescribeUserKey(UserId UserId) : IUserRequest<Result<KeyDescription>>;

/// <summary>Tells of a session's own credential, without showing it.</summary>
public sealed record DescribeSessionKey(UserId UserId, SessionId SessionId) : ISessionRequest<Result<KeyDescription>>;

/// <summary>What can be told of a credential.</summary>
/// <param name="Exists">Whether there is one.</param>
public sealed record KeyDescription(bool Exists)
{
    /// <summary>How it is sent; null when it cannot be used.</summary>
    public ClaudeCredentialKind? Kind { get; init; }

    /// <summary>Its last four characters; null when it is short or cannot be used.</summary>
    public string? LastFour { get; init; }

    /// <summary>Whether it is stored; null when there is none or it was lost.</summary>
    public bool? IsStored { get; init; }

    /// <summary>When it was given; null when there is none or it cannot be used.</summary>
    public DateTimeOffset? GivenAt { get; init; }

    /// <summary>Why it cannot be used: <c>CLAUDE_003</c> when it was lost, <c>CLAUDE_008</c> when it does not open; null when it can.</summary>
    public Error? Problem { get; init; }

    internal static KeyDescription Of(Result<HeldCredential?> recalled) => recalled switch
    {
        { Error: { } problem } => new KeyDescription(Exists: true) { Problem = problem },
        { Value: { } held } => new KeyDescription(Exists: true)
        {
            Kind = held.Credential.Kind,
            LastFour = held.Credential.Hint,
            IsStored = held.IsStored,
            GivenAt = held.GivenAt,
        },
        _ => new KeyDescription(Exists: false),
    };
}

internal sealed class DescribeUserKeyHandler(UserCredentials credentials) : IRequestHandler<DescribeUserKey, Result<KeyDescription>>
{
    public async Task<Result<KeyDescription>> Handle(DescribeUserKey request, CancellationToken cancellationToken) =>
        KeyDescription.Of(await credentials.RecallAsync(new CredentialScope(request.UserId, null), cancellationToken));
}

internal sealed class DescribeSessionKeyHandler(UserCredentials credentials) : IRequestHandler<DescribeSessionKey, Result<KeyDescription>>
{
    public async Task<Result<KeyDescription>> Handle(DescribeSessionKey request, CancellationToken cancellationToken) =>
        KeyDescription.Of(await credentials.RecallAsync(new CredentialScope(request.UserId, request.SessionId), cancellationToken));
}
