using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Claudy.WebApi.Hosting;

/// <summary>Keeps secrets out of what the system shows of this process: its command line, its environment, its core dumps.</summary>
internal static partial class ProcessSecrets
{
    private static readonly string[] Settings =
    [
        "Claudy:Claude:ApiKey",
        "Claudy:Claude:AuthToken",
        "Claudy:Encryption:Key",
        "Claudy:Encryption:PreviousKeys",
        "Claudy:GitHub:ClientSecret",
        "Claudy:Auth:PrivateKeyPassphrase",
        "Claudy:Tls:Password",
    ];

    /// <summary>Every user of a machine can read command lines.</summary>
    /// <exception cref="StartupException">A secret is in this one.</exception>
    public static void RefuseOn(IEnumerable<string> commandLine)
    {
        foreach (var argument in commandLine)
        {
            var name = argument.TrimStart('-', '/').Split('=')[0].Replace("__", ":", StringComparison.Ordinal);
            if (Array.Find(Settings, setting => name.StartsWith(setting, StringComparison.OrdinalIgnoreCase)) is { } found)
            {
                throw new StartupException($"{found} must not be given on the command line, which every user of this machine can read. Give it in the environment ({found.Replace(":", "__", StringComparison.Ordinal)}) or in appsettings.json.");
            }
        }
    }

    /// <summary>
    /// Once settings are read: wipes the values of variables that hold secrets, which <c>/proc/…/environ</c> would show for as
    /// long as the server runs, and has no core dumped.
    /// </summary>
    public static void Hide()
    {
        var noCore = new ResourceLimit(0, 0);
        _ = SetResourceLimit(CoreSize, in noCore);
        foreach (string name in Environment.GetEnvironmentVariables().Keys)
        {
            if (IsSecret(name))
            {
                Environment.SetEnvironmentVariable(name, null);
                Wipe(name);
            }
        }
    }

    /// <summary>Whether a variable of that name holds a secret, as far as its name tells.</summary>
    internal static bool IsSecret(string name) => SecretName().IsMatch(name) && !PathName().IsMatch(name);

    private static void Wipe(string name)
    {
        var value = GetVariable(name);
        for (var i = 0; value != 0 && Marshal.ReadByte(value, i) != 0; i++)
        {
            Marshal.WriteByte(value, i, 0);
        }
    }

    // RLIMIT_CORE of Linux, the same on x86-64 and arm64.
    private const int CoreSize = 4;

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetVariable(string name);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetResourceLimit(int resource, in ResourceLimit limit);

    [GeneratedRegex("key|token|secret|password|passphrase|^mongo_uri$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex SecretName();

    [GeneratedRegex("(?:path|file)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex PathName();

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct ResourceLimit(ulong soft, ulong hard)
    {
        public readonly ulong Soft = soft;
        public readonly ulong Hard = hard;
    }
}
