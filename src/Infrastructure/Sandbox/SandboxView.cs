namespace Claudy.Infrastructure.Sandbox;

/// <summary>Paths as the processes in a sandbox see them; those of this machine where there is no sandbox.</summary>
internal abstract record SandboxView
{
    public required string Workspace { get; init; }

    public required string Home { get; init; }

    public required string Runtime { get; init; }

    public required string Temporary { get; init; }

    /// <summary>Where a file of this machine is found inside.</summary>
    /// <exception cref="ArgumentException">The sandbox does not show it.</exception>
    public abstract string PathOf(string hostPath);
}
