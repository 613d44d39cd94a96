using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Claudy.WebApi.Cli.Doctor;

/// <summary>What the machine must have for Claudy: a runtime, a folder, room on the disk, a free port.</summary>
internal static class MachineChecks
{
    private const long LittleRoom = 1L << 30;
    private const long NoRoom = 100L << 20;
    private const UnixFileMode OthersMay = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    public static Finding Runtime() => new(".NET", Severity.Ok, $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.RuntimeIdentifier}");

    /// <summary>socat leads from a sandbox to the session's proxy; without it sessions have no network.</summary>
    public static Finding Socat() => IsOnPath("socat")
        ? new Finding("socat", Severity.Ok, "installed")
        : new Finding("socat", Severity.Warning, "not installed: no session in a sandbox can have a network", "apt install socat");

    /// <summary>git keeps what the files were at each turn, and fetches the repositories that sessions begin with.</summary>
    public static Finding Git() => IsOnPath("git")
        ? new Finding("git", Severity.Ok, "installed")
        : new Finding("git", Severity.Warning, "not installed: no session has checkpoints or workspace_diff, or can begin with a repository", "apt install git");

    /// <summary>Whether the data folder can be written, and by nobody else.</summary>
    public static Finding DataFolder(string path)
    {
        try
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.Create(Path.Combine(path, $".doctor-{Guid.NewGuid():N}"), 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception denied) when (denied is IOException or UnauthorizedAccessException)
        {
            return new Finding("Data folder", Severity.Missing, $"{path} cannot be written: {denied.Message}", "Give this user the right to write it, or set CLAUDY_DATA to another folder.");
        }

        return (File.GetUnixFileMode(path) & OthersMay) == UnixFileMode.None
            ? new Finding("Data folder", Severity.Ok, path)
            : new Finding("Data folder", Severity.Warning, $"{path} can be read by other users; it holds keys and conversations", $"chmod 700 {path}");
    }

    /// <summary>Whether there is room where the data folder is.</summary>
    public static Finding DiskSpace(string path) => DiskSpace(new DriveInfo(path).AvailableFreeSpace);

    internal static Finding DiskSpace(long freeBytes)
    {
        var found = $"{freeBytes / (double)(1 << 30):0.0} GiB free";
        const string Fix = "Free some, or set CLAUDY_DATA to a folder on another disk.";
        return freeBytes switch
        {
            < NoRoom => new Finding("Disk", Severity.Missing, found, Fix),
            < LittleRoom => new Finding("Disk", Severity.Warning, found, Fix),
            _ => new Finding("Disk", Severity.Ok, found),
        };
    }

    /// <summary>Whether the server can listen where it is told to, or runs there already.</summary>
    public static async Task<Finding> AddressAsync(Uri url, CancellationToken cancellationToken)
    {
        if (IsFree(url))
        {
            return new Finding("Address", Severity.Ok, $"{url} is free");
        }

        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        try
        {
            using var answer = await http.GetAsync(new Uri(url, "/health/live"), cancellationToken);
            if (answer.IsSuccessStatusCode)
            {
                return new Finding("Address", Severity.Ok, $"a server answers at {url}");
            }
        }
        catch (Exception silent) when (silent is HttpRequestException or TaskCanceledException)
        {
            // Somebody listens, but it is no Claudy.
        }

        return new Finding("Address", Severity.Missing, $"{url} is taken by another program", "Stop it, or set PORT or --urls to another address.");
    }

    private static bool IsFree(Uri url)
    {
        var address = IPAddress.TryParse(url.Host.Trim('[', ']'), out var parsed) ? parsed : IPAddress.Loopback;
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, url.Port));
            return true;
        }
        catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            return false;
        }
    }

    private static bool IsOnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Any(folder => File.Exists(Path.Combine(folder, program)));
}
