using System.CommandLine;
using Claudy.Application.Audit;
using Claudy.Application.Authentication;
using Claudy.WebApi.Cli.Chat;
using Claudy.WebApi.Hosting;
using MediatR;

namespace Claudy.WebApi.Cli;

/// <summary><c>claudy signin</c>: prints a further sign-in link of the running server, and nothing else.</summary>
internal static class SignInCommand
{
    public static Command Create()
    {
        var command = new Command("signin", "Prints a further link that signs the local user in at the running server, once, within ten minutes. Needs the server's data folder (CLAUDY_DATA).");
        command.SetAction((_, cancellationToken) => RunAsync(cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var host = LocalServices.ComposeForTokens();
            var address = SignInAddress.Find(Path.GetFullPath(host.Services.GetRequiredService<IConfiguration>()[DataFolder.Key]!));
            await using var scope = host.Services.CreateAsyncScope();
            scope.ServiceProvider.GetRequiredService<AuditOrigin>().Credential = AuditCredential.Console;
            var code = await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new CreateConsoleSignInCode(), cancellationToken);
            await (code.IsSuccess
                ? Console.Out.WriteLineAsync(SignInAddress.LinkTo(TerminalText.Clean(address), code.Value.Value.Reveal()))
                : Console.Error.WriteLineAsync(TerminalText.Clean(code.Error.Message)));
            return code.IsSuccess ? ExitCode.Success : ExitCode.Failed;
        }
        catch (Exception failure) when (LocalServices.IsOperational(failure))
        {
            await Console.Error.WriteLineAsync(TerminalText.Clean(failure.Message));
            return ExitCode.Failed;
        }
    }
}
