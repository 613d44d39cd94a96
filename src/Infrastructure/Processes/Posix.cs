using System.Runtime.InteropServices;

namespace Claudy.Infrastructure.Processes;

internal static partial class Posix
{
    public const int SigKill = 9;
    public const int SigTerm = 15;

    private const nint JoinSessionKeyring = 1;

    /// <summary>Sends a signal. That the process is gone by now is no failure.</summary>
    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static partial int Signal(int processId, int signal);

    /// <summary>
    /// Gives the calling thread, and what it starts from now on, an empty session keyring in place of the one that the
    /// server was started with. Where the kernel refuses, it stays as it was: then a container hides keyrings already.
    /// </summary>
    public static void LeaveSessionKeyring()
    {
        if (OperatingSystem.IsLinux() && KeyCtlNumber is { } keyCtl)
        {
            _ = SystemCall(keyCtl, JoinSessionKeyring, 0);
        }
    }

    private static nint? KeyCtlNumber => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 250,
        Architecture.Arm64 => 219,
        _ => null,
    };

    [LibraryImport("libc", EntryPoint = "syscall")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint SystemCall(nint number, nint first, nint second);
}
