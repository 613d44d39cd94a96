using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Claudy.Infrastructure.Sandbox;

/// <summary>
/// The seccomp filter of a sandbox, a classic BPF program. It refuses what namespaces do not isolate: AF_VSOCK, which
/// reaches the virtual machine's host, and the kernel's keyrings; and io_uring, which would open sockets past any filter.
/// </summary>
internal static class SystemCallFilter
{
    private const string FileName = "system-calls.bpf";
    private const uint VSock = 40;

    // Where struct seccomp_data has what is asked about; of the little-endian argument the half that holds an int.
    private const uint NumberOffset = 0;
    private const uint ArchitectureOffset = 4;
    private const uint FirstArgumentOffset = 16;

    // BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_JMP|BPF_JGE|BPF_K, BPF_RET|BPF_K
    private const ushort Load = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfAtLeast = 0x35;
    private const ushort Return = 0x06;

    // SECCOMP_RET_ALLOW, and SECCOMP_RET_ERRNO with EPERM and EAFNOSUPPORT.
    private const uint Allow = 0x7fff0000;
    private const uint NotPermitted = 0x00050000 | 1;
    private const uint NoSuchFamily = 0x00050000 | 97;

    /// <summary>Writes the filter into a folder and tells its path; null when there is none for this kind of processor.</summary>
    public static string? Write(string folder)
    {
        if (For(RuntimeInformation.OSArchitecture) is not { } filter)
        {
            return null;
        }

        var path = Path.Combine(folder, FileName);
        var fresh = $"{path}.{Path.GetRandomFileName()}";
        Directory.CreateDirectory(folder);
        using (var file = new FileStream(fresh, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            file.Write(filter);
        }

        File.Move(fresh, path, overwrite: true);
        return path;
    }

    /// <summary>The program, in the kernel's own form.</summary>
    internal static byte[]? For(Architecture architecture) => architecture switch
    {
        Architecture.X64 => Program(new Calls(0xc000003e, Socket: 41, SocketPair: 53, AddKey: 248, RequestKey: 249, KeyCtl: 250, FirstForeign: 0x40000000)),
        Architecture.Arm64 => Program(new Calls(0xc00000b7, Socket: 198, SocketPair: 199, AddKey: 217, RequestKey: 218, KeyCtl: 219, FirstForeign: null)),
        _ => null,
    };

    private static byte[] Program(Calls calls)
    {
        // Each rule is a test and what to return when it holds, so no jump is further than the next instruction.
        List<Instruction> program =
        [
            new(Load, ArchitectureOffset),
            new(JumpIfEqual, calls.Audit, IfTrue: 1),
            new(Return, NotPermitted),
            new(Load, NumberOffset),
        ];
        if (calls.FirstForeign is { } foreign)
        {
            program.AddRange([new(JumpIfAtLeast, foreign, IfFalse: 1), new(Return, NotPermitted)]);
        }

        foreach (var refused in new[] { calls.AddKey, calls.RequestKey, calls.KeyCtl, Calls.IoUringSetup })
        {
            program.AddRange([new(JumpIfEqual, refused, IfFalse: 1), new(Return, NotPermitted)]);
        }

        program.AddRange(
        [
            new(JumpIfEqual, calls.Socket, IfTrue: 2),
            new(JumpIfEqual, calls.SocketPair, IfTrue: 1),
            new(Return, Allow),
            new(Load, FirstArgumentOffset),
            new(JumpIfEqual, VSock, IfFalse: 1),
            new(Return, NoSuchFamily),
            new(Return, Allow),
        ]);
        return [.. program.SelectMany(instruction => instruction.Bytes())];
    }

    /// <summary>What an architecture calls them; the x32 calls of x86-64, which count from a bit of their own, are foreign.</summary>
    private sealed record Calls(uint Audit, uint Socket, uint SocketPair, uint AddKey, uint RequestKey, uint KeyCtl, uint? FirstForeign)
    {
        /// <summary>Has the same number everywhere.</summary>
        public const uint IoUringSetup = 425;
    }

    /// <summary>A <c>struct sock_filter</c>.</summary>
    private readonly record struct Instruction(ushort Code, uint Operand, byte IfTrue = 0, byte IfFalse = 0)
    {
        public byte[] Bytes()
        {
            var bytes = new byte[8];
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, Code);
            bytes[2] = IfTrue;
            bytes[3] = IfFalse;
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Operand);
            return bytes;
        }
    }
}
