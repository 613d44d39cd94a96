namespace Claudy.WebApi.Cli.Chat;

/// <summary>Where the chat gets its access token, at the start and again before it runs out.</summary>
internal interface IAccessTokens
{
    /// <summary>What to do when the server takes none of them.</summary>
    string WhenRefused { get; }

    /// <summary>Whether another call gives another token.</summary>
    bool CanRenew { get; }

    /// <summary>A token.</summary>
    /// <exception cref="ChatException">There is none to be had.</exception>
    Task<string> GetAsync(CancellationToken cancellationToken);
}

/// <summary>The token that the user gave; when it runs out there is no other.</summary>
internal sealed class GivenToken(string token) : IAccessTokens
{
    public string WhenRefused => "Get another token with ./claudy token, where the server runs.";

    public bool CanRenew => false;

    public Task<string> GetAsync(CancellationToken cancellationToken) => Task.FromResult(token);
}
