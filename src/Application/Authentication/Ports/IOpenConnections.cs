using Claudy.Domain.Users;

namespace Claudy.Application.Authentication.Ports;

/// <summary>Connections that outlive the check of the token which opened them.</summary>
public interface IOpenConnections
{
    /// <summary>Closes those that a revoked sign-in or token let in; does not wait for it.</summary>
    void Close(Grant revoked);
}
