using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Claudy.Infrastructure.ApiBroker.Demo;

/// <summary>Decides what the demo model says: a handful of phrases it knows, and help for everything else. It pretends to no more.</summary>
internal static partial class DemoScript
{
    private const int MaxQuotedOutput = 2000;
    private const int MaxTitle = 60;

    // What is looked at comes from within the sandbox: neither much of it nor for long.
    private const int MaxText = 2000;
    private const int MatchMilliseconds = 500;

    private const string Signature = "*This is Claudy's built-in demo model, not Claude.*";

    private const string Help =
        """
        Hello! I am Claudy's built-in demo model, **not Claude**: a small script that needs no key and no network, so that you can see the whole thing work. The tools, the sandbox and the permission prompts are real.

        Try one of these:

        - `write hello.txt` and I ask Claude Code to write a file in your workspace
        - `run date` and I ask it to run a command
        - `list files` and I ask it to show what is there

        To talk to Claude itself, add an Anthropic API key in the settings, or start the server with ANTHROPIC_API_KEY set.
        """;

    public static DemoReply Answer(DemoRequest request)
    {
        try
        {
            return Choose(request.UserText.Length > MaxText ? request with { UserText = request.UserText[..MaxText] } : request);
        }
        catch (RegexMatchTimeoutException)
        {
            return new DemoReply(Help);
        }
    }

    private static DemoReply Choose(DemoRequest request)
    {
        if (request.WantsJson)
            return new DemoReply(Title(request.UserText));
        if (request.Tools.Count == 0)
            return new DemoReply(Signature);
        if (request.ToolResult is { } result)
            return new DemoReply(Describe(result));
        if (WriteRequest().Match(request.UserText) is { Success: true } write)
            return WriteFile(request, write);
        if (FindCommand(request.UserText) is { } command)
            return Run(request, command);
        return new DemoReply(Help) { Thinking = "None of the phrases I know is in this message, so I say what I can do." };
    }

    private static DemoReply WriteFile(DemoRequest request, Match match)
    {
        var file = match.Groups["file"].Value;
        var quoted = QuotedText().Match(request.UserText);
        var content = quoted.Success ? quoted.Groups["text"].Value : $"Hello from {file}, written by Claudy's demo model.";
        return Call(
            request,
            $"The message asks for a file: {file}. I know how to call the Write tool.",
            $"I ask Claude Code to write `{file}`.",
            new DemoToolCall("Write", ("file_path", Path.Combine(request.WorkingDirectory, file)), ("content", content + "\n")));
    }

    private static DemoReply Run(DemoRequest request, string command) => Call(
        request,
        "The message asks for a command. I know how to call the Bash tool.",
        $"I ask Claude Code to run `{command}`.",
        new DemoToolCall("Bash", ("command", command), ("description", "What the message asked for")));

    private static DemoReply Call(DemoRequest request, string thinking, string text, DemoToolCall call) =>
        request.Tools.Contains(call.Tool, StringComparer.Ordinal)
            ? new DemoReply(text) { Thinking = thinking, ToolCall = call }
            : new DemoReply($"I would call the {call.Tool} tool now, but this session does not allow it.\n\n{Signature}") { Thinking = thinking };

    private static string Describe(DemoToolResult result)
    {
        var output = result.Output.Length > MaxQuotedOutput ? result.Output[..MaxQuotedOutput] + "…" : result.Output;
        var said = output.Length > 0 ? $"\n\n```\n{output}\n```" : "";
        var outcome = (result.Tool, result.IsError) switch
        {
            ("Write", false) => $"Done: `{Path.GetFileName(result.Subject)}` is in your workspace.",
            ("Write", true) => $"`{Path.GetFileName(result.Subject)}` was not written. Claude Code says:{said}",
            ("Bash", false) when said.Length == 0 => $"`{result.Subject}` ran and printed nothing.",
            ("Bash", false) => $"`{result.Subject}` ran and printed:{said}",
            ("Bash", true) => $"`{result.Subject}` failed, or was not allowed. Claude Code says:{said}",
            _ => $"The tool answered:{said}",
        };
        return $"{outcome}\n\n{Signature}";
    }

    private static string? FindCommand(string text)
    {
        if (RunRequest().Match(text) is { Success: true } run)
            return run.Groups["command"].Value;
        return ListRequest().IsMatch(text) ? "ls -la" : null;
    }

    /// <summary>Claude Code asks for <c>{"title": …}</c>, with the conversation within session tags.</summary>
    private static string Title(string text)
    {
        var session = SessionText().Match(text) is { Success: true } match ? match.Groups["text"].Value : text;
        var line = session.Trim().Split('\n')[0];
        var title = line.Length > MaxTitle ? line[..MaxTitle] + "…" : line;

        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("title", title.Length > 0 ? title : "Demo session");
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;

    /// <summary>"write hello.txt", "create a file notes.md", "please save "x" to a/b.txt".</summary>
    [GeneratedRegex("""\b(write|create|make|save)\b.*?(?<![\w./-])(?<file>\w[\w-]*([./]\w[\w-]*)*\.\w+)""", Options | RegexOptions.Singleline, MatchMilliseconds)]
    private static partial Regex WriteRequest();

    /// <summary>"run date", "please execute `ls -la`".</summary>
    [GeneratedRegex("""^\s*(please\s+)?(run|execute)\s+[`"']?(?<command>[^\r\n]+?)[`"']?\s*$""", Options, MatchMilliseconds)]
    private static partial Regex RunRequest();

    [GeneratedRegex("""\b(list|show)\b.*\bfiles\b|^\s*ls\b""", Options, MatchMilliseconds)]
    private static partial Regex ListRequest();

    [GeneratedRegex("""["“](?<text>[^"”]+)["”]""", Options, MatchMilliseconds)]
    private static partial Regex QuotedText();

    [GeneratedRegex("""<session>(?<text>.*?)(</session>|\z)""", Options | RegexOptions.Singleline, MatchMilliseconds)]
    private static partial Regex SessionText();
}
