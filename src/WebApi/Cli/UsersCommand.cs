using System.CommandLine;
using Claudy.Application.Audit;
using Claudy.Application.Authentication;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.WebApi.Cli.Chat;
using Claudy.WebApi.Hosting;
using MediatR;

namespace Claudy.WebApi.Cli;

/// <summary><c>claudy users</c>: what an operator does about the people who sign in.</summary>
internal static class UsersCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "The user's name, as in the profile." };
        var shutOut = new Command(
            "shut-out",
            "Ends all sign-ins of a user and revokes their personal access tokens; a running server closes their connections within seconds. Take them off the lists of Claudy:GitHub first, or they sign in again. Needs the server's data folder (CLAUDY_DATA).") { name };
        shutOut.SetAction((parsed, cancellationToken) => ShutOutAsync(parsed.GetRequiredValue(name), cancellationToken));
        return new Command("users", "The people who sign in.") { shutOut };
    }

    private static async Task<int> ShutOutAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var shutOut = await SendAsync(new ShutOutUser(name), cancellationToken);
            await (shutOut.IsSuccess
                ? Console.Out.WriteLineAsync($"{TerminalText.Clean(shutOut.Value.Username)} is signed out everywhere, and personal access tokens are revoked.")
                : Console.Error.WriteLineAsync(TerminalText.Clean(shutOut.Error.Message)));
            return shutOut.IsSuccess ? ExitCode.Success : ExitCode.Failed;
        }
        catch (Exception failure) when (LocalServices.IsOperational(failure))
        {
            await Console.Error.WriteLineAsync(TerminalText.Clean(failure.Message));
            return ExitCode.Failed;
        }
    }

    private static async Task<Result<User>> SendAsync(ShutOutUser request, CancellationToken cancellationToken)
    {
        using var host = LocalServices.ComposeForTokens();
        await using var scope = host.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<AuditOrigin>().Credential = AuditCredential.Console;
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(request, cancellationToken);
    }
}
