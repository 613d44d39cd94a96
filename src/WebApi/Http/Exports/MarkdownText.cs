using System.Text;

namespace Claudy.WebApi.Http.Exports;

/// <summary>Puts text of others into a Markdown page so that it cannot change what is around it.</summary>
internal static class MarkdownText
{
    private const int MinFence = 3;

    /// <summary>A text as a block of code, its fence longer than any row of backticks in it.</summary>
    public static string Fenced(string text, string language = "")
    {
        var fence = new string('`', Math.Max(MinFence, LongestRun(text) + 1));
        return $"{fence}{language}\n{text.TrimEnd('\r', '\n')}\n{fence}\n";
    }

    /// <summary>A text on one line, in which nothing is markup.</summary>
    public static string Inline(string text)
    {
        var line = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            line.Append(c switch
            {
                '\r' or '\n' or '\t' => " ",
                '<' => "&lt;",
                '>' => "&gt;",
                '&' => "&amp;",
                '\\' or '`' or '*' or '_' or '[' or ']' or '#' or '|' or '~' or '!' or '$' => $"\\{c}",
                _ => c.ToString(),
            });
        }

        return line.ToString();
    }

    /// <summary>A text on one line within an HTML element.</summary>
    public static string Html(string text) => System.Net.WebUtility.HtmlEncode(text.ReplaceLineEndings(" "));

    /// <summary>
    /// Markdown that Claude wrote, as Markdown: a block of code that was left open is closed, and HTML is shown rather than
    /// meant, since a comment or tag that is never closed would swallow the rest of the page.
    /// </summary>
    public static string Contained(string markdown)
    {
        var page = new StringBuilder(markdown.Length + 16);
        var paragraph = new StringBuilder();
        string? fence = null;
        foreach (var line in markdown.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'))
        {
            var marker = FenceOf(line);
            if (fence is null && (marker is not null || string.IsNullOrWhiteSpace(line)))
            {
                page.Append(WithoutHtml(paragraph.ToString()));
                paragraph.Clear();
            }

            if (fence is null && marker is null)
            {
                paragraph.Append(line).Append('\n');
                continue;
            }

            page.Append(line).Append('\n');
            if (fence is null)
            {
                fence = marker;
            }
            else if (Closes(line, fence))
            {
                fence = null;
            }
        }

        page.Append(WithoutHtml(paragraph.ToString()));
        return fence is null ? page.ToString() : page.Append(fence).Append('\n').ToString();
    }

    // The row of backticks or tildes that begins a block of code; null when the line begins none.
    private static string? FenceOf(string line)
    {
        var text = line.TrimStart();
        if (text is not (['`', ..] or ['~', ..]))
        {
            return null;
        }

        var run = text[..(text.Length - text.TrimStart(text[0]).Length)];
        return run.Length >= MinFence && (run[0] == '~' || !text[run.Length..].Contains('`', StringComparison.Ordinal)) ? run : null;
    }

    private static bool Closes(string line, string fence)
    {
        var text = line.Trim();
        return text.Length >= fence.Length && text.All(c => c == fence[0]);
    }

    // A tag begins with < and one of these; in a span of code it is code.
    private static string WithoutHtml(string paragraph)
    {
        var text = new StringBuilder(paragraph.Length);
        for (var i = 0; i < paragraph.Length;)
        {
            if (paragraph[i] == '`')
            {
                var end = EndOfCode(paragraph, i);
                text.Append(paragraph, i, end - i);
                i = end;
            }
            else
            {
                var isTag = paragraph[i] == '<' && i + 1 < paragraph.Length && (char.IsAsciiLetter(paragraph[i + 1]) || paragraph[i + 1] is '/' or '!' or '?');
                text.Append(isTag ? "&lt;" : paragraph[i].ToString());
                i++;
            }
        }

        return text.ToString();
    }

    // Behind the span of code that begins here; behind the backticks alone when they begin none.
    private static int EndOfCode(string text, int start)
    {
        var opened = RunAt(text, start);
        for (var i = start + opened; i < text.Length;)
        {
            var run = RunAt(text, i);
            if (run == opened)
            {
                return i + run;
            }

            i += Math.Max(run, 1);
        }

        return start + opened;
    }

    private static int RunAt(string text, int start)
    {
        var end = start;
        while (end < text.Length && text[end] == '`')
        {
            end++;
        }

        return end - start;
    }

    private static int LongestRun(string text)
    {
        var (longest, run) = (0, 0);
        foreach (var c in text)
        {
            run = c == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        return longest;
    }
}
