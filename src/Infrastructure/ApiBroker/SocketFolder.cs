using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Claudy.Domain.Sessions;

namespace Claudy.Infrastructure.ApiBroker;

/// <summary>The folder that a session's socket lives in, with others of the session alone: it is what the sandbox gets to see.</summary>
internal static class SocketFolder
{
    public const string SocketName = "api.sock";

    /// <summary>What Linux allows in <c>sun_path</c>, without its terminating NUL.</summary>
    private const int MaxSocketPathBytes = 107;

    /// <summary>The longest name that a socket in the folder may have: others are put there too.</summary>
    private const int MaxSocketNameBytes = 16;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes a session's folder, empty and for the owner only: under the runtime path, or, where that is too long for a socket, under the temporary folder.</summary>
    public static string Create(string runtimePath, SessionId session)
    {
        var folder = Path.Combine(Path.GetFullPath(runtimePath), ShortName(session));
        if (Encoding.UTF8.GetByteCount(folder) + 1 + MaxSocketNameBytes > MaxSocketPathBytes)
            folder = Path.Combine(TakeFallback(runtimePath), ShortName(session));

        Delete(folder);
        Directory.CreateDirectory(runtimePath, OwnerOnly);
        return Directory.CreateDirectory(folder, OwnerOnly).FullName;
    }

    /// <summary>Stands in for a runtime path that is too long; always the same for it, so that the next server finds what this one left.</summary>
    public static string FallbackFor(string runtimePath)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(runtimePath)));
        return Path.Combine(Path.GetTempPath(), "claudy-" + Convert.ToHexStringLower(hash.AsSpan(0, 8)));
    }

    /// <summary>Removes a folder with whatever a sandbox may have put there; symbolic links are not followed.</summary>
    public static void Delete(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>Removes the folders that a killed server left. A socket that someone still listens on is not touched.</summary>
    public static void DeleteAbandoned(string runtimePath)
    {
        if (Directory.Exists(runtimePath))
            DeleteAbandonedIn(Path.GetFullPath(runtimePath));
        var fallback = FallbackFor(runtimePath);
        if (!FolderOwner.IsThisProcess(fallback))
            return;
        DeleteAbandonedIn(fallback);
        if (!Directory.EnumerateFileSystemEntries(fallback).Any())
            Directory.Delete(fallback);
    }

    /// <summary>The temporary folder is everybody's: somebody else may have taken the name before, to own what the sockets are in.</summary>
    private static string TakeFallback(string runtimePath)
    {
        var fallback = FallbackFor(runtimePath);
        Directory.CreateDirectory(fallback, OwnerOnly);
        if (!FolderOwner.IsThisProcess(fallback))
            throw new IOException($"{fallback} is not this user's own folder. Remove it, or set Claudy:Broker:RuntimePath to a shorter path.");
        File.SetUnixFileMode(fallback, OwnerOnly);
        return fallback;
    }

    private static void DeleteAbandonedIn(string root)
    {
        foreach (var folder in Directory.EnumerateDirectories(root))
        {
            var socket = Path.Combine(folder, SocketName);
            if (File.Exists(socket) && !IsListenedOn(socket))
                Delete(folder);
        }
    }

    /// <summary>The random end of the id: its beginning is a time, which sessions made together share.</summary>
    private static string ShortName(SessionId session) => session.Value.ToString("N")[^16..];

    private static bool IsListenedOn(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused)
        {
            return false;
        }
    }
}
