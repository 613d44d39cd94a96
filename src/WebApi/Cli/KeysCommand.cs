using System.CommandLine;
using Claudy.Application.Audit;
using Claudy.Application.Authentication;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Shared;
using Claudy.WebApi.Cli.Chat;
using Claudy.WebApi.Hosting;
using MediatR;

namespace Claudy.WebApi.Cli;

/// <summary><c>claudy keys</c>: the server's own keys. <c>rotate</c> is about those that sign access tokens.</summary>
internal static class KeysCommand
{
    public static Command Create()
    {
        var atOnce = new Option<bool>("--at-once")
        {
            Description = "After a theft: tokens of the older keys are refused at once; clients refresh, and claudy token gives another.",
        };
        var rotate = new Command("rotate", "Makes a new signing key. A running server takes it up within seconds; nobody is signed out. Needs the server's data folder (CLAUDY_DATA).") { atOnce };
        rotate.SetAction((parsed, cancellationToken) => RotateAsync(parsed.GetValue(atOnce), cancellationToken));
        return new Command("keys", "The server's own keys.") { rotate, RotateEncryptionCommand.Create() };
    }

    private static async Task<int> RotateAsync(bool atOnce, CancellationToken cancellationToken)
    {
        try
        {
            var rotated = await SendAsync(new RotateSigningKeys(atOnce), cancellationToken);
            if (!rotated.IsSuccess)
            {
                await Console.Error.WriteLineAsync(rotated.Error.Message);
                return ExitCode.Failed;
            }

            await Console.Out.WriteLineAsync(rotated.Value.KeyId);
            return ExitCode.Success;
        }
        catch (Exception failure) when (LocalServices.IsOperational(failure))
        {
            await Console.Error.WriteLineAsync(TerminalText.Clean(failure.Message));
            return ExitCode.Failed;
        }
    }

    private static async Task<Result<PublicSigningKey>> SendAsync(RotateSigningKeys request, CancellationToken cancellationToken)
    {
        using var host = LocalServices.ComposeForTokens();

        // Here, and not within the use case, where a key that cannot be read would pass for a fault.
        host.Services.GetRequiredService<ISigningKeys>();
        await using var scope = host.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<AuditOrigin>().Credential = AuditCredential.Console;
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(request, cancellationToken);
    }
}
