using System.Collections.Concurrent;
using System.Security.Cryptography;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Security;

/// <summary>Keeps credentials in memory, sealed under a key that lives and dies with the process, and opens one only to hand it out.</summary>
internal sealed class CredentialVault : ICredentialVault
{
    private const string ServerPurpose = "server";

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<SessionId, Held> _ofSessions = new();
    private readonly ConcurrentDictionary<UserId, Held> _ofUsers = new();
    private readonly (ClaudeCredentialKind Kind, SealedSecret Value)? _server;

    public CredentialVault(IOptions<CredentialOptions> options, IHostEnvironment environment)
    {
        var given = options.Value;
        _server = given switch
        {
            { AuthToken: { } token } when !string.IsNullOrWhiteSpace(token) => SealServer(token, ClaudeCredentialKind.AuthToken),
            { ApiKey: { } key } when !string.IsNullOrWhiteSpace(key) => SealServer(key, ClaudeCredentialKind.ApiKey),
            _ => null,
        };
        var withoutServer = given.DemoModel ?? !environment.IsProduction() ? CredentialSource.Demo : CredentialSource.None;
        DefaultSource = _server is null ? withoutServer : CredentialSource.Server;
    }

    public CredentialSource DefaultSource { get; }

    public void Keep(CredentialScope scope, HeldCredential credential)
    {
        var held = new Held(
            SealedSecret.Seal(credential.Credential.Value, PurposeOf(scope), _key), credential.Credential.Kind, credential.GivenAt, credential.IsStored);
        if (scope.Session is { } session)
        {
            _ofSessions[session] = held;
        }
        else
        {
            _ofUsers[scope.Owner] = held;
        }
    }

    public void Forget(SessionId session) => _ofSessions.TryRemove(session, out _);

    public void Forget(UserId user) => _ofUsers.TryRemove(user, out _);

    public HeldCredential? Find(CredentialScope scope)
    {
        var isHeld = scope.Session is { } session ? _ofSessions.TryGetValue(session, out var held) : _ofUsers.TryGetValue(scope.Owner, out held);
        return isHeld
            ? new HeldCredential(new ClaudeCredential(held.Kind, held.Value.Open(PurposeOf(scope), _key)), held.GivenAt, held.IsStored)
            : null;
    }

    public ClaudeCredential? For(UserId owner, SessionId session)
    {
        if ((Find(new CredentialScope(owner, session)) ?? Find(new CredentialScope(owner, null))) is { } users)
        {
            return users.Credential;
        }

        return _server is var (kind, value) ? new ClaudeCredential(kind, value.Open(ServerPurpose, _key)) : null;
    }

    private (ClaudeCredentialKind Kind, SealedSecret Value) SealServer(string value, ClaudeCredentialKind kind)
    {
        var credential = ClaudeCredential.Recognise(new Secret(value.Trim()), kind);
        return (credential.Kind, SealedSecret.Seal(credential.Value, ServerPurpose, _key));
    }

    private static string PurposeOf(CredentialScope scope) => $"{scope.Owner} {scope.Session}";

    private readonly record struct Held(SealedSecret Value, ClaudeCredentialKind Kind, DateTimeOffset GivenAt, bool IsStored);
}
