using System.Collections.Frozen;
using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Scanning;

/// <summary>What the strict policy refuses by the name of a file and by how it begins.</summary>
internal static class StrictRules
{
    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    // What a double click or a shell runs. Not the languages that people write programs in: those files are what workspaces are for.
    private static readonly FrozenSet<string> ScriptExtensions = FrozenSet.ToFrozenSet(
        [
            ".sh", ".bash", ".zsh", ".ksh", ".csh", ".tcsh", ".fish", ".command",
            ".bat", ".cmd", ".ps1", ".psm1", ".psd1", ".vbs", ".vbe", ".jse", ".wsf", ".wsh", ".hta", ".reg", ".scpt", ".applescript",
        ],
        StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> ProgramExtensions = FrozenSet.ToFrozenSet(
        [".exe", ".com", ".scr", ".pif", ".cpl", ".msi", ".msp", ".dll", ".sys", ".so", ".dylib", ".ko", ".lnk", ".appimage", ".deb", ".rpm", ".apk", ".dmg", ".pkg"],
        StringComparer.OrdinalIgnoreCase);

    public static Objection? OfName(WorkspacePath path)
    {
        if (path.Value.Split('/').FirstOrDefault(name => name.StartsWith('.')) is { } hidden)
        {
            return new Objection("hidden_file", $"is hidden by the name {hidden}");
        }

        var extension = Path.GetExtension(path.Name);
        if (ScriptExtensions.Contains(extension))
        {
            return new Objection("script_extension", $"is a script by its ending {extension}");
        }

        return ProgramExtensions.Contains(extension) ? new Objection("program_extension", $"is a program by its ending {extension}") : null;
    }

    public static Objection? OfHead(ReadOnlySpan<byte> head)
    {
        var text = head.StartsWith(ByteOrderMark) ? head[ByteOrderMark.Length..] : head;

        // Not every "#!" names an interpreter: attributes of Rust begin with it too.
        return text.StartsWith("#!"u8) && text[2..].TrimStart(" \t"u8).StartsWith("/"u8)
            ? new Objection("script_interpreter", "is a script: its first line names an interpreter")
            : ProgramFormats.Bytecode(head);
    }
}
