using System.Text.RegularExpressions;

namespace Claudy.Domain.Sessions;

/// <summary>How Claude Code reaches an MCP server.</summary>
public enum McpTransport
{
    /// <summary>A program in the sandbox, over its standard input and output.</summary>
    Stdio,

    /// <summary>Streamable HTTP.</summary>
    Http,

    /// <summary>HTTP with server-sent events.</summary>
    Sse,
}

/// <summary>A name and its value: a variable or a header.</summary>
/// <param name="Name">The name.</param>
/// <param name="Value">The value; may be a secret, and is not printed.</param>
public sealed record NamedValue(string Name, string Value)
{
    /// <summary>The name alone.</summary>
    public override string ToString() => Name;
}

/// <summary>A server of the Model Context Protocol that gives Claude tools. Arguments, variables, address and headers may hold secrets.</summary>
public sealed partial record McpServer
{
    /// <summary>How many servers a session may have.</summary>
    public const int MaxServers = 20;

    /// <summary>The longest command, argument, value or address, in characters.</summary>
    public const int MaxValueLength = 8_192;

    /// <summary>How many arguments, variables or headers one server may have.</summary>
    public const int MaxValues = 100;

    /// <summary>Its name within the session: letters, digits, <c>_</c> and <c>-</c>, up to 64.</summary>
    public required string Name { get; init; }

    /// <summary>How it is reached.</summary>
    public required McpTransport Transport { get; init; }

    /// <summary>The program; null unless <see cref="McpTransport.Stdio"/>.</summary>
    public string? Command { get; init; }

    /// <summary>The program's arguments.</summary>
    public required IReadOnlyList<string> Args { get; init; }

    /// <summary>Variables that the program gets on top of the session's.</summary>
    public required IReadOnlyList<NamedValue> Environment { get; init; }

    /// <summary>The address, http or https; null for <see cref="McpTransport.Stdio"/>.</summary>
    public string? Url { get; init; }

    /// <summary>Headers of each request to <see cref="Url"/>.</summary>
    public required IReadOnlyList<NamedValue> Headers { get; init; }

    /// <summary>What is wrong with it, to go on from «The MCP server x …»; null when nothing is.</summary>
    public string? Problem()
    {
        if (!ServerName().IsMatch(Name))
        {
            return "has a name that is not 1 to 64 letters, digits, _ or -";
        }

        if (Args.Count > MaxValues || Environment.Count > MaxValues || Headers.Count > MaxValues)
        {
            return $"has more than {MaxValues} arguments, variables or headers";
        }

        return Transport == McpTransport.Stdio ? ProblemOfProgram() : ProblemOfAddress();
    }

    /// <summary>The name alone: the rest may be secret.</summary>
    public override string ToString() => Name;

    private string? ProblemOfProgram()
    {
        if (Url is not null || Headers.Count > 0)
        {
            return "has a command and an address or headers as well";
        }

        if (string.IsNullOrWhiteSpace(Command) || !IsText(Command))
        {
            return "has no command, or one that is too long or holds a NUL character";
        }

        if (!Args.All(IsText))
        {
            return "has an argument that is too long or holds a NUL character";
        }

        return Environment.All(e => VariableName().IsMatch(e.Name) && IsText(e.Value))
            ? null
            : "has a variable whose name is none, or whose value is too long or holds a NUL character";
    }

    private string? ProblemOfAddress()
    {
        if (Command is not null || Args.Count > 0 || Environment.Count > 0)
        {
            return "has an address and a command, arguments or variables as well";
        }

        if (Url is null || !IsText(Url) || !Uri.TryCreate(Url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            return "has no url that begins with http:// or https://";
        }

        return Headers.All(h => HeaderName().IsMatch(h.Name) && IsText(h.Value) && !h.Value.Any(char.IsControl))
            ? null
            : "has a header whose name or value is none";
    }

    private static bool IsText(string? text) => text is { Length: <= MaxValueLength } && !text.Contains('\0', StringComparison.Ordinal);

    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}\\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ServerName();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]{0,255}\\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex VariableName();

    [GeneratedRegex("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,255}\\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex HeaderName();
}
