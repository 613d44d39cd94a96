using System.CommandLine;
using System.CommandLine.Help;
using Claudy.WebApi.Cli.Chat;
using Claudy.WebApi.Cli.Doctor;

namespace Claudy.WebApi.Cli;

/// <summary>The commands of <c>claudy</c>.</summary>
internal static class CommandLine
{
    private const string ServeHint = "Settings follow as --Claudy:Section:Key value, or --urls http://127.0.0.1:8080; see docs/configuration.md.";

    /// <summary>Runs what the arguments say. Without a command they are settings of the server.</summary>
    /// <param name="args">The program's arguments.</param>
    /// <param name="serve">Runs the server with the settings given on the command line, until it is told to stop.</param>
    public static async Task<int> RunAsync(string[] args, Func<string[], Task<int>> serve)
    {
        if (args is [] || (args[0].StartsWith('-') && !IsAboutTheProgram(args[0])))
        {
            return await serve(args);
        }

        var root = new Command("claudy", "Claude Code from anywhere, each session in a sandbox of its own.")
        {
            new HelpOption { Recursive = true },
            new VersionOption(),
            Serve(serve),
            ChatCommand.Create(),
            ExportCommand.Create(),
            TokenCommand.Create(),
            SignInCommand.Create(),
            KeysCommand.Create(),
            UsersCommand.Create(),
            AuditCommand.Create(),
            DoctorCommand.Create(),
        };

        var parsed = root.Parse(args);

        // The server and the chat have their own idea of Ctrl-C.
        var exitCode = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
        return parsed.Errors.Count > 0 ? ExitCode.Usage : exitCode;
    }

    private static Command Serve(Func<string[], Task<int>> serve)
    {
        var command = new Command("serve", $"Starts the server; what claudy does without a command. {ServeHint}") { TreatUnmatchedTokensAsErrors = false };
        command.SetAction((parsed, _) => serve([.. parsed.UnmatchedTokens]));
        return command;
    }

    private static bool IsAboutTheProgram(string argument) => argument is "-h" or "-?" or "--help" or "--version";
}
