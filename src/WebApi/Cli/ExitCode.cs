namespace Claudy.WebApi.Cli;

/// <summary>What the command line leaves with; scripts rely on these.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The turn ended in an error, or a check found something missing.</summary>
    public const int Failed = 1;

    /// <summary>The command line itself was wrong.</summary>
    public const int Usage = 2;

    /// <summary>The server could not be reached, or did not let us in.</summary>
    public const int NoConnection = 3;

    /// <summary>Claude asked for a permission and nobody could be asked, so it was denied.</summary>
    public const int PermissionNeeded = 4;

    /// <summary>What was to be looked at cannot be read.</summary>
    public const int Unreadable = 5;

    /// <summary>Ctrl-C: 128 + SIGINT, as shells have it.</summary>
    public const int Interrupted = 130;
}
