using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Shared;

namespace Claudy.Application.Credentials.Ports;

/// <summary>Asks the API whether it takes a credential.</summary>
public interface IClaudeKeyCheck
{
    /// <summary>Makes one request with it that costs nothing.</summary>
    /// <returns>
    /// Success; with the API's reason, <c>CLAUDE_001</c> when it does not know the credential, <c>CLAUDE_006</c> when it forbids
    /// it, <c>CLAUDE_007</c> when nothing is left to pay with; <c>CLAUDE_002</c> when it cannot be asked or has no time.
    /// </returns>
    Task<Result> CheckAsync(ClaudeCredential credential, CancellationToken cancellationToken);
}
