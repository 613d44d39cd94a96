using System.Runtime.InteropServices;

namespace Claudy.Infrastructure.ApiBroker;

/// <summary>Whose a folder is, which .NET does not tell.</summary>
internal static partial class FolderOwner
{
    private const int CurrentFolder = -100;
    private const int NoFollow = 0x100;
    private const uint TypeAndOwner = 0x1 | 0x8;
    private const int StatusBytes = 256;
    private const int OwnerOffset = 20;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xF000;
    private const int FolderType = 0x4000;

    /// <summary>Whether it is there, a folder and no link to one, and of the user that this process runs as.</summary>
    public static bool IsThisProcess(string folder)
    {
        // struct statx is the same on every architecture.
        var status = new byte[StatusBytes];
        return Status(CurrentFolder, folder, NoFollow, TypeAndOwner, status) == 0
            && (BitConverter.ToUInt16(status, ModeOffset) & TypeMask) == FolderType
            && BitConverter.ToUInt32(status, OwnerOffset) == EffectiveUser();
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Status(int relativeTo, string path, int flags, uint mask, [Out] byte[] status);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial uint EffectiveUser();
}
