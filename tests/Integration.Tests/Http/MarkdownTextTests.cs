using System.Buffers;
using System.Text;
using System.Text.Json;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Integration.Tests.Contracts;
using Claudy.Integration.Tests.Sessions;
using Claudy.WebApi.Http.Exports;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Http;

/// <summary>The page that people read: complete, and not to be taken over by what is quoted in it.</summary>
public sealed class MarkdownTextTests
{
    [Fact]
    public void Transcript_ShouldTellWhatWasSaidAndDoneAndWhatItCost()
    {
        var page = PageOf(
            "A *bold* name",
            new SessionCreated(SampleEvents.Settings),
            new UserMessageAdded(new ChatMessage("m", null, "Write hello.txt", [new ImageAttachment("image/png", [1, 2, 3])])),
            new TurnStarted(1, "m"),
            new AssistantThinking("a0", "Where to?", false, null),
            new AssistantText("a1", "I will **write** it.", false, null),
            new ToolUsed("t1", "Write", JsonSerializer.SerializeToElement(new { file_path = "/workspace/<b>.txt", content = "Hello" }), null),
            new PermissionResolved("p", PermissionDecision.Allow, "user", null, []),
            new ToolReturned("t1", SampleEvents.Json("""[{"type":"text","text":"File created"},{"type":"image","source":{}}]"""), false, null),
            new AssistantText("a2", "Half an ans", true, null),
            new SessionErrorRaised("CLAUDE_002", "api_failed", "It failed <i>badly</i>.", true),
            new TurnCompleted(1, "end_turn", new TokenUsage(1000, 234, 500, 1), 0.0123m, TimeSpan.FromMilliseconds(4123)));

        page.ShouldBe(
            $"""
            # A \*bold\* name
            - Session: `{Id}`
            - Created: 2026-03-01 12:00:00 UTC
            - Exported: 2026-03-01 12:00:00 UTC

            **User**, 2026-03-01 12:00:00 UTC

            ```
            Write hello.txt
            ```

            *Image: image/png, 3 bytes*

            ## Turn 1, 2026-03-01 12:00:00 UTC

            <details>
            <summary>Claude's thinking</summary>

            ```
            Where to?
            ```

            </details>

            **Claude**

            I will **write** it.

            <details>
            <summary><b>Write</b> /workspace/&lt;b&gt;.txt</summary>

            ```json
            PRETTY
            ```

            </details>

            *Permission: allow (user)*

            <details>
            <summary>Result of <b>Write</b></summary>

            ```
            File created
            [image]
            ```

            </details>

            **Claude** (cut off)

            Half an ans

            > **CLAUDE\_002** It failed &lt;i&gt;badly&lt;/i&gt;.

            *Turn 1: end\_turn, 4.1 s, 1,501 tokens in, 234 out, $0.0123*

            ---

            **1 turn**, 1,501 tokens in, 234 out, $0.0123

            """.Replace("PRETTY", "{\n  \"file_path\": \"/workspace/<b>.txt\",\n  \"content\": \"Hello\"\n}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("```\nnever closed")]
    [InlineData("~~~~js\nnever closed\n~~~\n```")]
    [InlineData("- a list\n  ```\n  never closed")]
    [InlineData("<!-- never closed")]
    [InlineData("<details><summary>never closed")]
    [InlineData("</details></details>")]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("`never closed <script>")]
    [InlineData("``a` <img src=x onerror=y>")]
    public void Transcript_WhenClaudesTextIsHalfMarkup_ShouldKeepWhatFollowsOutOfIt(string text)
    {
        var page = PageOf("n", new AssistantText("a", text, true, null), new TurnStarted(2, "m"));

        OpenAt(page, "## Turn 2").ShouldBeNull();
        page.ShouldNotContain("<script");
        page.ShouldNotContain("<!--");
        page.ShouldNotContain("<img");
        page.ShouldNotContain("<details");
        page.ShouldNotContain("</details");
    }

    [Theory]
    [InlineData("Use `<div>` here", "Use `<div>` here\n")]
    [InlineData("```html\n<div>\n```", "```html\n<div>\n```\n")]
    [InlineData("1 < 2 and a<b", "1 < 2 and a&lt;b\n")]
    [InlineData("``a ` <b>`` <i>", "``a ` <b>`` &lt;i>\n")]
    [InlineData("# Head\n\n- one\n- two\n", "# Head\n\n- one\n- two\n")]
    public void Contained_ShouldLeaveMarkdownAndCodeAsTheyAre(string text, string expected) => MarkdownText.Contained(text).ShouldBe(expected);

    [Fact]
    public void Transcript_WhateverIsSaid_ShouldKeepItsOwnLinesOutsideOfIt()
    {
        // Pieces that open and close things, in any order.
        var pieces = Gen.Elements("`", "``", "```", "````", "~~~", "\n", "\n\n", " ", "x", "<!--", "</details>", "</summary>", "<b", "> ", "- ", "    ", "\\", "\r\n", "|", "#");
        var texts = pieces.ListOf().Select(list => string.Concat(list)).Three();
        Prop.ForAll(texts.ToArbitrary(), said =>
        {
            var page = PageOf(
                said.Item1.ReplaceLineEndings(" "),
                new UserMessageAdded(new ChatMessage("m", null, said.Item1, [])),
                new AssistantThinking("t", said.Item2, false, null),
                new AssistantText("a", said.Item3, false, null),
                new ToolUsed("u", said.Item1, JsonSerializer.SerializeToElement(new { command = said.Item2 }), null),
                new ToolReturned("u", JsonSerializer.SerializeToElement(said.Item3), false, null),
                new TurnStarted(2, "m"));

            OpenAt(page, "## Turn 2").ShouldBeNull(page);
            Count(page, "<details>").ShouldBe(3, page);
            return true;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("plain", "claudy-plain-00000001.md")]
    [InlineData("", "claudy-00000001.md")]
    [InlineData("../../etc/passwd", "claudy-etc-passwd-00000001.md")]
    [InlineData(".hidden", "claudy-hidden-00000001.md")]
    [InlineData("CON", "claudy-CON-00000001.md")]
    [InlineData("a\"; filename=evil.exe", "claudy-a-filename-evil-exe-00000001.md")]
    [InlineData("\u202Egnp.exe", "claudy-gnp-exe-00000001.md")]
    [InlineData("日本語 Größe 😀", "claudy-日本語-Größe-00000001.md")]
    public void FileName_WhateverTheSessionIsCalled_ShouldBeHarmless(string name, string expected) =>
        ExportFileName.Of(name, SessionId.Parse("01990000-0000-7000-8000-000000000001"), "md").ShouldBe(expected);

    [Fact]
    public void FileName_WhenTheNameIsLong_ShouldBeCut() =>
        ExportFileName.Of(new string('日', 200), Id, "jsonl").Length.ShouldBeLessThan(100);

    private static SessionId Id { get; } = SessionId.Parse("01990000-0000-7000-8000-000000000001");

    private static string PageOf(string name, params SessionEvent[] events)
    {
        var document = new SessionDocument(
            Id, TestSessions.NewUser(), TestSessions.Now, TestSessions.Now, events.Length, new SessionState { Settings = new SessionSettings { Name = name } });
        var output = new ArrayBufferWriter<byte>();
        var transcript = new MarkdownTranscript(output, new SessionDetails(document, events.Length), TestSessions.Now);
        transcript.Begin();
        foreach (var (sessionEvent, i) in events.Select((e, i) => (e, i)))
        {
            transcript.Write(new StoredEventJson(i + 1, TestSessions.Now, SessionEventJson.EncodeEvent(sessionEvent)));
        }

        transcript.End();
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>The fence that is open where a line of the page begins, by CommonMark's rules; null for none.</summary>
    private static string? OpenAt(string page, string line)
    {
        string? open = null;
        foreach (var one in page.Split('\n'))
        {
            if (one.StartsWith(line, StringComparison.Ordinal))
            {
                return open;
            }

            var text = one.Trim(' ');
            var run = text.Length > 0 && text[0] is '`' or '~' ? text.TakeWhile(c => c == text[0]).Count() : 0;
            if (open is null && run >= 3 && (text[0] == '~' || !text[run..].Contains('`', StringComparison.Ordinal)))
            {
                open = text[..run];
            }
            else if (open is not null && run >= open.Length && text[0] == open[0] && run == text.Length)
            {
                open = null;
            }
        }

        throw new ShouldAssertException($"The page has no line {line}:\n{page}");
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
