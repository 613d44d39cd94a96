namespace Claudy.WebApi.Cli.Chat;

/// <summary>What a close code of the server means for a client; see docs/protocol.md.</summary>
internal static class ClosePolicy
{
    private const int FrameTooLarge = 1009;
    private const int TooManyMalformedFrames = 4400;
    private const int NotAuthenticated = 4401;
    private const int Refused = 4403;

    /// <returns>Why the connection ended, where it is worth coming back.</returns>
    /// <exception cref="ChatException">It is not.</exception>
    public static string Judge(int? code, string? reason, bool canRenewToken)
    {
        var why = string.IsNullOrEmpty(reason) ? $"closed with {code ?? 1006}" : TerminalText.CleanLine(reason, 200);
        return code switch
        {
            NotAuthenticated when canRenewToken => why,
            NotAuthenticated => throw new ChatException(ExitCode.NoConnection, $"The token no longer holds: {why}. Get another with ./claudy token."),
            Refused => throw new ChatException(ExitCode.NoConnection, $"The server refused the connection: {why}."),
            FrameTooLarge => throw new ChatException(ExitCode.Failed, "The message is larger than the server takes."),
            TooManyMalformedFrames => throw new ChatException(ExitCode.Failed, $"The server could not read what was sent: {why}."),
            _ => why,
        };
    }
}
