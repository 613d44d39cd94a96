using System.CommandLine;
using Claudy.WebApi.Cli.Chat;
using Claudy.WebApi.Hosting;

namespace Claudy.WebApi.Cli;

/// <summary><c>claudy token</c>: prints an access token of the local user, and nothing else.</summary>
internal static class TokenCommand
{
    public static Command Create()
    {
        var command = new Command("token", "Prints an access token of the local user, good for 15 minutes. Needs the server's data folder (CLAUDY_DATA).");
        command.SetAction((_, cancellationToken) => RunAsync(cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Console.Out.WriteLineAsync(await LocalToken.IssueAsync(cancellationToken));
            return ExitCode.Success;
        }
        catch (Exception failure) when (LocalServices.IsOperational(failure))
        {
            await Console.Error.WriteLineAsync(TerminalText.Clean(failure.Message));
            return ExitCode.Failed;
        }
    }
}
