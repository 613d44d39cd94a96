using System.Collections.Concurrent;
using System.Security.Cryptography;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Security;

/// <summary>Keeps credentials in memory, sealed under a key that lives and dies with the process, and opens one only to hand it out.</summary>
internal sealed class CredentialVault : ICredentialVault
{
    private const string ServerPurpose = "server";

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<SessionId, SealedSecret> _own = new();
    private readonly (ClaudeCredentialKind Kind, SealedSecret Value)? _server;

    public CredentialVault(IOptions<CredentialOptions> options, IHostEnvironment environment)
    {
        var given = options.Value;
        _server = given switch
        {
            { AuthToken: { } token } when !string.IsNullOrWhiteSpace(token) => (ClaudeCredentialKind.AuthToken, SealServer(token)),
            { ApiKey: { } key } when !string.IsNullOrWhiteSpace(key) => (ClaudeCredentialKind.ApiKey, SealServer(key)),
            _ => null,
        };
        var withoutServer = given.DemoModel ?? !environment.IsProduction() ? CredentialSource.Demo : CredentialSource.None;
        DefaultSource = _server is null ? withoutServer : CredentialSource.Server;
    }

    public CredentialSource DefaultSource { get; }

    public void Keep(SessionId session, Secret key) => _own[session] = SealedSecret.Seal(key, session.ToString(), _key);

    public void Forget(SessionId session) => _own.TryRemove(session, out _);

    public bool HasOwn(SessionId session) => _own.ContainsKey(session);

    public ClaudeCredential? For(SessionId session)
    {
        if (_own.TryGetValue(session, out var own))
        {
            return new ClaudeCredential(ClaudeCredentialKind.ApiKey, own.Open(session.ToString(), _key));
        }

        return _server is var (kind, value) ? new ClaudeCredential(kind, value.Open(ServerPurpose, _key)) : null;
    }

    private SealedSecret SealServer(string value) => SealedSecret.Seal(new Secret(value.Trim()), ServerPurpose, _key);
}
