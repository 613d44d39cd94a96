using System.Buffers.Binary;

namespace Claudy.Infrastructure.Scanning;

/// <summary>Knows programs by how they begin, whatever they are called.</summary>
internal static class ProgramFormats
{
    // The length of a DOS header up to where its relocations begin. Each of them has zeros in it, and no text does.
    private const int DosHeaderLength = 28;

    // Where a universal binary of macOS has its number of programs, a Java class has its version, which began at 45.
    private const uint FirstJavaVersion = 45;

    /// <summary>Programs that an operating system runs.</summary>
    public static Objection? Native(ReadOnlySpan<byte> head) => head switch
    {
        [0x7F, (byte)'E', (byte)'L', (byte)'F', ..] => new Objection("executable_elf", "is a Linux program or library (ELF)"),
        [(byte)'M', (byte)'Z', ..] or [(byte)'Z', (byte)'M', ..] when head.Length >= DosHeaderLength && head[..DosHeaderLength].Contains((byte)0) =>
            new Objection("executable_windows", "is a Windows or DOS program or library (MZ)"),
        _ when IsMachO(head) => new Objection("executable_macos", "is a macOS program or library (Mach-O)"),
        _ => null,
    };

    /// <summary>Programs that need another one to run them.</summary>
    public static Objection? Bytecode(ReadOnlySpan<byte> head) => head switch
    {
        [0, (byte)'a', (byte)'s', (byte)'m', ..] => new Objection("bytecode_webassembly", "is a WebAssembly program"),
        [(byte)'d', (byte)'e', (byte)'x', (byte)'\n', ..] => new Objection("bytecode_android", "is an Android program (DEX)"),
        [0xCA, 0xFE, 0xBA, 0xBE, ..] when head.Length >= 8 => new Objection("bytecode_java", "is a Java class"),
        _ => null,
    };

    // Of one processor with 32 and 64 bits, and of several, with 32 and 64 bits; all in either order of bytes.
    private static bool IsMachO(ReadOnlySpan<byte> head) =>
        head.Length >= 8 && BinaryPrimitives.ReadUInt32BigEndian(head) switch
        {
            0xFEEDFACE or 0xCEFAEDFE or 0xFEEDFACF or 0xCFFAEDFE => true,
            0xCAFEBABF or 0xBFBAFECA or 0xBEBAFECA => true,
            0xCAFEBABE => BinaryPrimitives.ReadUInt32BigEndian(head[4..]) is > 0 and < FirstJavaVersion,
            _ => false,
        };
}
