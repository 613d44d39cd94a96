namespace Claudy.Infrastructure.Processes.ControlGroups;

/// <summary>The parts of the kernel that limit groups of processes.</summary>
[Flags]
internal enum Controllers
{
    None = 0,
    Memory = 1,
    Cpu = 2,
    Processes = 4,
    All = Memory | Cpu | Processes,
}

/// <summary>Their names.</summary>
internal static class ControllerNames
{
    private static readonly (Controllers Controller, string Kernel, string Plain)[] Names =
    [
        (Controllers.Memory, "memory", "memory"),
        (Controllers.Cpu, "cpu", "CPU"),
        (Controllers.Processes, "pids", "processes"),
    ];

    /// <summary>Each of these by itself.</summary>
    public static IEnumerable<Controllers> Each(this Controllers controllers) =>
        Names.Select(name => name.Controller).Where(controller => controllers.HasFlag(controller));

    /// <summary>As the kernel calls them.</summary>
    public static IEnumerable<string> ToKernel(this Controllers controllers) =>
        Names.Where(name => controllers.HasFlag(name.Controller)).Select(name => name.Kernel);

    /// <summary>As people call them.</summary>
    public static string ToPlain(this Controllers controllers) =>
        string.Join(", ", Names.Where(name => controllers.HasFlag(name.Controller)).Select(name => name.Plain));

    /// <summary>Those that the kernel's words name; others are passed over.</summary>
    public static Controllers FromKernel(IEnumerable<string> words) =>
        Names.Where(name => words.Contains(name.Kernel, StringComparer.Ordinal)).Aggregate(Controllers.None, (all, name) => all | name.Controller);
}
