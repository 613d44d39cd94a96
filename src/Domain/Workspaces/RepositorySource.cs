using System.Globalization;
using Claudy.Domain.Networking;
using Claudy.Domain.Shared;

namespace Claudy.Domain.Workspaces;

/// <summary>A Git repository that a workspace can begin with, and what of it.</summary>
public sealed record RepositorySource
{
    /// <summary>The longest address, in characters.</summary>
    public const int MaxUrlLength = 2048;

    /// <summary>The longest name of a branch or tag, in characters.</summary>
    public const int MaxRefLength = 255;

    private const string Scheme = "https://";
    private const int DefaultPort = 443;

    private RepositorySource(HostName host, int port, string path, string? reference)
    {
        (Host, Port, Ref) = (host, port, reference);
        Origin = port == DefaultPort ? Scheme + host : string.Create(CultureInfo.InvariantCulture, $"{Scheme}{host}:{port}");
        Url = Origin + path;
    }

    /// <summary>Its address, in one spelling; without credentials.</summary>
    public string Url { get; }

    /// <summary>Scheme, host and port of <see cref="Url"/>.</summary>
    public string Origin { get; }

    /// <summary>Where it is.</summary>
    public HostName Host { get; }

    /// <summary>At which port.</summary>
    public int Port { get; }

    /// <summary>A branch, a tag or a whole commit id; null for the repository's own default branch.</summary>
    public string? Ref { get; }

    /// <summary>Whether <see cref="Ref"/> is a commit id.</summary>
    public bool IsCommit => Ref is { Length: 40 or 64 } && Ref.All(char.IsAsciiHexDigitLower);

    /// <summary>Checks what a client gave.</summary>
    /// <returns>The repository, or <c>REPO_001</c> with what is wrong.</returns>
    public static Result<RepositorySource> Parse(string? url, string? reference)
    {
        if (string.IsNullOrEmpty(reference))
        {
            return ParseUrl(url, null);
        }

        return WrongWith(reference) is { } why ? RepositoryErrors.Invalid($"its ref {why}") : ParseUrl(url, reference);
    }

    // Read here and not by a library: what git and curl will connect to must be what is judged.
    private static Result<RepositorySource> ParseUrl(string? url, string? reference)
    {
        if (string.IsNullOrEmpty(url) || !url.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return RepositoryErrors.Invalid("its url must begin with https://; other protocols are not supported");
        }

        if (url.Length > MaxUrlLength || url.Any(c => c is <= ' ' or > '~' or '\\' or '"' or '<' or '>'))
        {
            return RepositoryErrors.Invalid($"its url must have no more than {MaxUrlLength} characters, and of ASCII those that need no escape");
        }

        var slash = url.IndexOf('/', Scheme.Length);
        var authority = slash < 0 ? url[Scheme.Length..] : url[Scheme.Length..slash];
        if (authority.Contains('@', StringComparison.Ordinal))
        {
            return RepositoryErrors.Invalid("its url must not hold a user or password; give the token as repository.token");
        }

        if (slash < 0 || slash == url.Length - 1 || url.AsSpan().IndexOfAny('?', '#') >= 0)
        {
            return RepositoryErrors.Invalid("its url must be that of a repository, with a path, and without ? and #");
        }

        var port = DefaultPort;
        var colon = authority.EndsWith(']') ? -1 : authority.LastIndexOf(':');
        if (colon >= 0 && !HostPattern.TryParsePort(authority.AsSpan(colon + 1), out port))
        {
            return RepositoryErrors.Invalid("what is after the colon of its url is no port");
        }

        var name = colon >= 0 ? authority[..colon] : authority;
        return HostName.TryParse(name, out var host, out var why)
            ? new RepositorySource(host, port, url[slash..], reference)
            : RepositoryErrors.Invalid($"its url names no host, because {why}");
    }

    // The rules of git check-ref-format, and nothing that a command line could take for an option.
    private static string? WrongWith(string reference) => reference switch
    {
        { Length: > MaxRefLength } => $"is longer than {MaxRefLength} characters",
        ['-' or '/' or '.', ..] or [.., '/' or '.'] => "begins or ends with a character that it must not",
        _ when reference.Any(c => c is <= ' ' or '\x7f' or '~' or '^' or ':' or '?' or '*' or '[' or '\\') => "has a character that none may have",
        _ when reference.Contains("..", StringComparison.Ordinal) || reference.Contains("@{", StringComparison.Ordinal)
            || reference.Contains("//", StringComparison.Ordinal) || reference.Contains("/.", StringComparison.Ordinal)
            || reference.EndsWith(".lock", StringComparison.Ordinal) || reference == "@" => "is no name of a branch or tag",
        _ => null,
    };
}
