namespace Claudy.WebApi.Cli.Chat;

internal sealed class LocalTokens : IAccessTokens
{
    public bool CanRenew => true;

    public Task<string> GetAsync(CancellationToken cancellationToken) => throw new ChatException(ExitCode.NoConnection, "none");
}
