using Claudy.WebApi.Hosting;
namespace Claudy.WebApi.Cli.Chat;

/// <summary>Tokens of the local user, made from the data folder.</summary>
internal sealed class LocalTokens : IAccessTokens
{
    public string WhenRefused => "Does it keep its data elsewhere? Set CLAUDY_DATA to its folder, or give one of its tokens in CLAUDY_TOKEN.";

    public bool CanRenew => true;

    public async Task<string> GetAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await LocalToken.IssueAsync(cancellationToken);
        }
        catch (Exception failure) when (LocalServices.IsOperational(failure))
        {
            throw new ChatException(
                ExitCode.NoConnection,
                $"No access token can be made from the data folder: {failure.Message} Set CLAUDY_DATA to the server's, or give a token in CLAUDY_TOKEN.",
                failure);
        }
    }
}
