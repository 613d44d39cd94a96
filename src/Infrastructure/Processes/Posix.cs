using System.Runtime.InteropServices;

namespace Claudy.Infrastructure.Processes;

internal static partial class Posix
{
    public const int SigKill = 9;
    public const int SigTerm = 15;

    /// <summary>Sends a signal. That the process is gone by now is no failure.</summary>
    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static partial int Signal(int processId, int signal);
}
