using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Sandbox;

/// <summary>What sessions run in; <c>Claudy:Sandbox</c>.</summary>
public sealed class SandboxOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Claudy:Sandbox";

    /// <summary>Which sandbox to use; <see cref="SandboxMode.Auto"/> by default.</summary>
    [EnumDataType(typeof(SandboxMode), ErrorMessage = "Claudy:Sandbox:Mode must be Auto, Bubblewrap or None.")]
    public SandboxMode Mode { get; set; } = SandboxMode.Auto;

    /// <summary>Where the files that all sandboxes share are kept; by default <c>sandbox</c> in the data folder.</summary>
    [Required(ErrorMessage = "Claudy:Sandbox:StatePath is empty and there is no data folder (Claudy:Data) to take its place.")]
    public string? StatePath { get; set; }

    /// <summary>Further files and folders of this machine that sessions may read, at the same place; none by default.</summary>
    public IList<string> ReadOnlyPaths { get; } = [];

    /// <summary>The server's own files and folders, as other sections name them: none of them may be shown to sessions.</summary>
    internal IList<string> PrivatePaths { get; } = [];

    /// <summary>Bytes that <c>/tmp</c> and <c>/dev/shm</c> may hold each, in memory; 256 MiB by default.</summary>
    [Range(1 << 20, long.MaxValue)]
    public long MaxTemporaryBytes { get; set; } = 256L << 20;

    /// <summary>
    /// Bytes of memory that all processes of a session may use together, what <c>/tmp</c> and <c>/dev/shm</c> hold and swap
    /// included; 2 GiB by default. More ends them. Claude Code itself needs about 200 MB.
    /// </summary>
    [Range(256L << 20, long.MaxValue)]
    public long MaxMemoryBytes { get; set; } = 2L << 30;

    /// <summary>Cores' worth of time that all processes of a session get together; 2 by default. More is not given.</summary>
    [Range(0.1, 4096)]
    public double MaxCpuCores { get; set; } = 2;

    /// <summary>
    /// Bytes that a session's workspace and home may take up on the disk together; 4 GiB by default. More ends its
    /// processes. Looked at in passing, so that a fast writer gets somewhat further.
    /// </summary>
    [Range(64L << 20, long.MaxValue)]
    public long MaxDiskBytes { get; set; } = 4L << 30;

    /// <summary>Processes and threads that one session may have; 1024 by default. More ends them where there are control groups; else the kernel starts no further one.</summary>
    [Range(64, 1L << 22)]
    public long MaxProcesses { get; set; } = 1024;

    /// <summary>Files that one process may have open; 65536 by default.</summary>
    [Range(256, 1L << 30)]
    public long MaxOpenFiles { get; set; } = 65536;

    /// <summary>Bytes that a file may grow to; 1 GiB by default.</summary>
    [Range(1 << 20, long.MaxValue)]
    public long MaxFileBytes { get; set; } = 1L << 30;
}

/// <summary>Which sandbox sessions run in.</summary>
public enum SandboxMode
{
    /// <summary>Bubblewrap where it works, else none.</summary>
    Auto,

    /// <summary>Bubblewrap; the server does not start without.</summary>
    Bubblewrap,

    /// <summary>None: sessions see what the server's own user sees.</summary>
    None,
}

[OptionsValidator]
internal sealed partial class SandboxOptionsValidator : IValidateOptions<SandboxOptions>;
