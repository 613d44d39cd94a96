namespace Claudy.Infrastructure.Processes;

/// <summary>A command line as data; nothing in it passes through a shell.</summary>
internal sealed record ProcessSpec
{
    /// <summary>The program, by its absolute path.</summary>
    public required string FileName { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The whole environment: nothing of the server's own is inherited.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public required string WorkingDirectory { get; init; }

    /// <summary>Whether a line of output also ends at a carriage return, as that of programs that show their progress does.</summary>
    public bool EndsLinesAtReturns { get; init; }

    /// <summary>What it and all that it starts may use together; null for no limits and no group of its own.</summary>
    public ResourceBounds? Bounds { get; init; }
}
