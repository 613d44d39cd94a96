namespace Claudy.WebApi.Cli.Chat;

/// <summary>Why the chat cannot go on.</summary>
internal class ChatException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode => exitCode;
}

/// <summary>The server is not there, or not now: another try may work.</summary>
internal sealed class ServerAwayException(string message, Exception? inner = null) : ChatException(Cli.ExitCode.NoConnection, message, inner);
