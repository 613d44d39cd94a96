using Claudy.Domain.Shared;

namespace Claudy.Application.Credentials.Ports;

/// <summary>Asks the API whether it takes a key.</summary>
public interface IClaudeKeyCheck
{
    /// <summary>Makes one cheap request with the key.</summary>
    /// <returns>Success; <c>CLAUDE_001</c> with the API's reason when it refuses the key, <c>CLAUDE_002</c> when it cannot be asked.</returns>
    Task<Result> CheckAsync(Secret key, CancellationToken cancellationToken);
}
