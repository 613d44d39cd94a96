using System.Text.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Users;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Contracts;

/// <summary>What every search must do, on top of the event log and the session store it belongs to.</summary>
public abstract class SessionSearchContract
{
    private readonly UserId _owner = TestSessions.NewUser();
    private readonly Dictionary<SessionId, long> _last = [];

    protected abstract ISessionSearch Search { get; }

    protected abstract ISessionEventLog Log { get; }

    protected abstract ISessionStore Store { get; }

    [Fact]
    public async Task SearchAsync_WhenAnEventWasAppended_ShouldFindItAtOnce()
    {
        var session = await AddSessionAsync(name: "Where it was said");
        await SayAsync(session, "nothing of that sort");
        await SayAsync(session, "The needle is in the haystack.");

        var hit = (await FindAsync("needle")).Hits.ShouldHaveSingleItem();

        hit.Session.ShouldBe(session);
        hit.SessionName.ShouldBe("Where it was said");
        hit.Seq.ShouldBe(2);
        hit.At.ShouldBe(TestSessions.Now.AddSeconds(2));
        hit.Kind.ShouldBe(SearchableKind.AssistantText);
        hit.Snippet.ShouldBe([new SnippetPart("The ", false), new SnippetPart("needle", true), new SnippetPart(" is in the haystack.", false)]);
    }

    [Fact]
    public async Task SearchAsync_ShouldFindMessagesAnswersAndToolCalls_AndNothingElse()
    {
        var session = await AddSessionAsync();
        await AppendAsync(
            session,
            new UserMessageAdded(new ChatMessage("m", null, "quark from the user", [])),
            new AssistantText("a", "quark from Claude", false, null),
            new AssistantThinking("t", "quark in thought", false, null),
            new ToolUsed("u", "Bash", JsonSerializer.SerializeToElement(new { command = "echo quark" }), null),
            new ToolReturned("u", JsonSerializer.SerializeToElement("quark"), false, null));

        (await FindAsync("quark")).Hits.Select(hit => hit.Kind)
            .ShouldBe([SearchableKind.ToolUse, SearchableKind.AssistantText, SearchableKind.UserMessage]);
        (await FindAsync("bash")).Hits.ShouldHaveSingleItem().Seq.ShouldBe(4);
    }

    [Theory]
    [InlineData("crème BRÛLÉE", "creme brulee")]
    [InlineData("creme brulee", "CRÈME brûlée")]
    [InlineData("the quick brown fox", "fox quick")]
    [InlineData("the quick brown fox", "brown qui")]
    [InlineData("src/Domain/Session.cs", "session.cs")]
    [InlineData("ΣΥΝΕΔΡΙΑ Сессия", "συνεδρια сес")]
    public async Task SearchAsync_WhenWordsAreWrittenOtherwise_ShouldFindThem(string text, string query)
    {
        await SayAsync(await AddSessionAsync(), text);

        (await FindAsync(query)).Hits.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("the quick brown fox", "quick hen")]
    [InlineData("the quick brown fox", "qui brown")]
    [InlineData("foxtrot", "trot")]
    [InlineData("session of cs", "session.cs")]
    public async Task SearchAsync_WhenAWordIsMissing_ShouldFindNothing(string text, string query)
    {
        await SayAsync(await AddSessionAsync(), text);

        (await FindAsync(query)).Hits.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("alpha OR beta")]
    [InlineData("alpha AND NOT beta")]
    [InlineData("NEAR(alpha beta)")]
    [InlineData("text:alpha")]
    [InlineData("\"alpha")]
    [InlineData("alpha\"")]
    [InlineData("\"alpha\" \"beta\"")]
    [InlineData("alpha* ^beta")]
    [InlineData("al-pha + be'ta; DROP TABLE history; --")]
    [InlineData("{kind}: user_message")]
    [InlineData("((((((((((a")]
    [InlineData("a\"\"\"\"b\\")]
    [InlineData("%_?[a]$row")]
    [InlineData("ﬁ 𝔘 😀a x̂")]
    public async Task SearchAsync_WhenTheQueryLooksLikeSyntax_ShouldTakeItAsWords(string query)
    {
        var session = await AddSessionAsync();
        await SayAsync(session, "only gamma is here");
        await SayAsync(session, $"before {query} after");

        (await FindAsync(query)).Hits.ShouldHaveSingleItem().Seq.ShouldBe(2);
    }

    [Fact]
    public async Task SearchAsync_ShouldNeverFindOtherUsersTexts()
    {
        var other = TestSessions.NewUser();
        var theirs = await AddSessionAsync(other);
        await SayAsync(theirs, "a secret of theirs");
        await SayAsync(await AddSessionAsync(), "a secret of mine");

        (await FindAsync("secret")).Hits.ShouldHaveSingleItem().Snippet[^1].Text.ShouldEndWith("of mine");
        (await FindAsync("secret", theirs)).Hits.ShouldBeEmpty();
        (await FindAsync("secret", owner: other)).Hits.ShouldHaveSingleItem().Session.ShouldBe(theirs);
    }

    [Fact]
    public async Task SearchAsync_WhenASessionIsNamed_ShouldLookThereOnly()
    {
        var one = await AddSessionAsync();
        var two = await AddSessionAsync();
        await SayAsync(one, "word");
        await SayAsync(two, "word");

        (await FindAsync("word", two)).Hits.ShouldHaveSingleItem().Session.ShouldBe(two);
        (await FindAsync("word", TestSessions.NewId())).Hits.ShouldBeEmpty();
    }

    [Fact]
    public async Task SearchAsync_WhenReadPageByPage_ShouldGiveEachOnce_TheNewestFirst()
    {
        // Both sessions have events of the same moments.
        var sessions = new[] { await AddSessionAsync(), await AddSessionAsync() };
        for (var i = 0; i < 11; i++)
        {
            await SayAsync(sessions[i % 2], "word");
        }

        var hits = new List<SearchHit>();
        SearchCursor? after = null;
        do
        {
            var page = await FindAsync("word", limit: 3, after: after);
            hits.AddRange(page.Hits);
            after = page.Next;

            // What comes meanwhile is newer, and so on no later page.
            await SayAsync(sessions[0], "word");
        }
        while (after is not null && hits.Count < 100);

        hits.Count.ShouldBe(11);
        hits.Select(hit => (hit.Session, hit.Seq)).Distinct().Count().ShouldBe(11);
        hits.Select(hit => hit.At).ShouldBe(hits.Select(hit => hit.At).OrderDescending());
    }

    [Fact]
    public async Task SearchAsync_WhenThePageIsJustFull_ShouldHaveNoNext()
    {
        await SayAsync(await AddSessionAsync(), "word");

        (await FindAsync("word", limit: 1)).Next.ShouldBeNull();
    }

    [Fact]
    public async Task SearchAsync_WhenTheLogWasDeleted_ShouldFindNothingOfIt()
    {
        var deleted = await AddSessionAsync();
        await SayAsync(deleted, "word");
        await SayAsync(await AddSessionAsync(), "word");

        await Log.DeleteAsync(deleted, default);

        (await FindAsync("word")).Hits.ShouldHaveSingleItem().Session.ShouldNotBe(deleted);
    }

    [Fact]
    public async Task SearchAsync_WhenTheSessionIsMarkedAsDeleted_ShouldFindNothingOfIt()
    {
        var deleted = await AddSessionAsync();
        await SayAsync(deleted, "word");

        await Store.MarkDeletingAsync(deleted, default);

        (await FindAsync("word")).Hits.ShouldBeEmpty();
    }

    [Fact]
    public async Task SearchAsync_WhenAnAppendWasRefused_ShouldFindNothingOfIt()
    {
        var session = await AddSessionAsync();
        await SayAsync(session, "first");

        await Log.AppendAsync(session, 1, 7, [TestSessions.Event(8, "refused")], default);

        (await FindAsync("refused")).Hits.ShouldBeEmpty();
    }

    [Fact]
    public async Task SearchAsync_WhenATextIsVeryLong_ShouldFindItsBeginning()
    {
        var session = await AddSessionAsync();
        await SayAsync(session, $"beginning {string.Concat(Enumerable.Repeat("padding ", 100_000))} end");

        (await FindAsync("beginning")).Hits.ShouldHaveSingleItem().Snippet.Sum(part => part.Text.Length).ShouldBeLessThan(1000);
        (await FindAsync("end")).Hits.ShouldBeEmpty();
    }

    [Fact]
    public async Task SearchAsync_WhenASessionWasRenamed_ShouldGiveItsNameOfNow()
    {
        var session = await AddSessionAsync(name: "before");
        await SayAsync(session, "word");
        var document = (await Store.FindAsync(session, default))!;

        await Store.SaveAsync(document with { State = document.State with { Settings = document.State.Settings with { Name = "after" } } }, default);

        (await FindAsync("word")).Hits.ShouldHaveSingleItem().SessionName.ShouldBe("after");
    }

    private async Task<SessionId> AddSessionAsync(UserId? owner = null, string name = "a session")
    {
        var document = TestSessions.Document(owner ?? _owner, name);
        await Store.AddAsync(document, default);
        return document.Id;
    }

    private Task SayAsync(SessionId session, string text) => AppendAsync(session, new AssistantText("m", text, false, null));

    private async Task AppendAsync(SessionId session, params SessionEvent[] events)
    {
        var last = _last.GetValueOrDefault(session);
        StoredEvent[] stored = [.. events.Select((e, i) => new StoredEvent(last + i + 1, TestSessions.Now.AddSeconds(last + i + 1), e))];
        (await Log.AppendAsync(session, 1, last, stored, default)).IsSuccess.ShouldBeTrue();
        _last[session] = last + events.Length;
    }

    private Task<SearchPage> FindAsync(string query, SessionId? session = null, UserId? owner = null, int limit = 20, SearchCursor? after = null) =>
        Search.SearchAsync(new HistoryQuery(owner ?? _owner, session, query.Split(' '), limit, after), default);
}
