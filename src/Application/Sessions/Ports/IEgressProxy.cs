using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;

namespace Claudy.Application.Sessions.Ports;

/// <summary>
/// The only way from a sandbox to the network: an HTTP proxy on a Unix socket per session, which lets through what the session
/// may reach. It resolves names itself and connects to nothing but addresses that it has judged.
/// </summary>
public interface IEgressProxy
{
    /// <summary>Opens the session's socket, or finds it open and takes the new rules. The socket exists when this returns.</summary>
    /// <param name="session">Whose connections come through it.</param>
    /// <param name="folder">An existing folder, of the session alone, that the socket is put into; it stays the caller's.</param>
    /// <param name="rules">What the session may reach.</param>
    /// <param name="refused">Told from any thread what was refused: each host once, and no more than fifty until the socket is closed. Must not block.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The socket's path on this machine.</returns>
    Task<string> OpenAsync(SessionId session, string folder, NetworkRules rules, Action<EgressRefusal> refused, CancellationToken cancellationToken);

    /// <summary>Puts other rules in place and cuts what they do not allow; harmless when the socket is not open.</summary>
    void Apply(SessionId session, NetworkRules rules);

    /// <summary>Removes the session's socket and cuts its connections; harmless when it is not open.</summary>
    Task CloseAsync(SessionId session);
}

/// <summary>A host that a session's process wanted to reach and may not.</summary>
/// <param name="Host">The host as it was asked for, printable ASCII, up to 253 characters.</param>
/// <param name="Port">The port; 0 when there was none to be read.</param>
/// <param name="Reason">Why it may not.</param>
public sealed record EgressRefusal(string Host, int Port, NetworkRefusal Reason)
{
    /// <summary>What to tell whoever can change it.</summary>
    public string Message => $"{Target} is out of this session's reach: {Why}";

    private string Target => Port == 0 ? Host : $"{Host}:{Port}";

    private string Why => Reason switch
    {
        NetworkRefusal.NoNetwork => "it has no network. Its owner can give it one with set_network.",
        NetworkRefusal.NotListed => "it is not on its list of hosts. Its owner can add it with set_network.",
        NetworkRefusal.ServerLimit => "this server does not give it to sessions; only its operator can change that.",
        NetworkRefusal.Denied => "this server denies it to all sessions.",
        NetworkRefusal.PrivateAddress => "it is not of the public network; only the server's operator can open it.",
        _ => "it is no host name, or one that can be read in two ways.",
    };
}
