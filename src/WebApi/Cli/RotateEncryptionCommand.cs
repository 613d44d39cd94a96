using System.CommandLine;
using Claudy.Application.Audit;
using Claudy.Application.Credentials;
using Claudy.WebApi.Cli.Chat;
using Claudy.WebApi.Hosting;
using MediatR;

namespace Claudy.WebApi.Cli;

/// <summary><c>claudy keys rotate-encryption</c>: seals every stored credential under a new encryption key.</summary>
internal static class RotateEncryptionCommand
{
    public static Command Create()
    {
        var command = new Command(
            "rotate-encryption",
            "Makes a new encryption key and seals every stored credential under it. May be cut short and run again, and may run beside the server. Needs the server's data folder (CLAUDY_DATA).");
        command.SetAction((_, cancellationToken) => RunAsync(cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var host = LocalServices.ComposeForKeys();
            await using var scope = host.Services.CreateAsyncScope();
            scope.ServiceProvider.GetRequiredService<AuditOrigin>().Credential = AuditCredential.Console;
            var rotated = await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new RotateEncryptionKey(), cancellationToken);
            if (!rotated.IsSuccess)
            {
                await Console.Error.WriteLineAsync(TerminalText.Clean(rotated.Error.Message));
                return ExitCode.Failed;
            }

            foreach (var line in Tell(rotated.Value))
            {
                await Console.Out.WriteLineAsync(line);
            }

            return rotated.Value.Unreadable == 0 ? ExitCode.Success : ExitCode.Failed;
        }
        catch (Exception failure) when (LocalServices.IsOperational(failure))
        {
            await Console.Error.WriteLineAsync(TerminalText.Clean(failure.Message));
            return ExitCode.Failed;
        }
    }

    internal static IEnumerable<string> Tell(EncryptionKeyRotation rotation)
    {
        yield return $"Encryption key {rotation.KeyId}{(rotation.IsNew ? ", made just now," : "")} seals from now on; {rotation.Resealed} stored credentials were sealed anew.";
        if (!rotation.IsNew && rotation.Resealed == 0)
        {
            yield return "The key comes from ENCRYPTION_KEY and nothing is sealed under another one. To change it, set a new one, put the old one into Claudy:Encryption:PreviousKeys:0, and run this again.";
        }

        foreach (var dropped in rotation.Dropped)
        {
            yield return $"Encryption key {dropped} has nothing left under it and is gone.";
        }

        if (rotation.Unreadable > 0)
        {
            yield return $"{rotation.Unreadable} stored credentials cannot be opened, because they are damaged or need a key that is not here. They are left as they are; their owners can give them again.";
        }
    }
}
