using Claudy.Domain.Sessions.Permissions;
using Shouldly;
using Xunit;

namespace Claudy.Domain.Tests.Sessions.Permissions;

public sealed class ShellLineTests
{
    [Theory]
    [InlineData("git status", "git|status")]
    [InlineData("  git \t status  ", "git|status")]
    [InlineData("a; b & c && d || e | f |& g\nh", "a", "b", "c", "d", "e", "f", "g", "h")]
    [InlineData("(a b); { c; }; ! d", "a|b", "c", "d")]
    [InlineData("(a; (b))", "a", "b")]
    [InlineData("a # b; c", "a")]
    [InlineData("a# b#c", "a#|b#c")]
    [InlineData("# only a remark", new string[0])]
    [InlineData("""a 'b c' "d e" f\ g ''""", "a|b c|d e|f g|")]
    [InlineData("""a "b \" \$ \` \\ \n 'c'" """, """a|b " $ ` \ \n 'c'""")]
    [InlineData("a'b'\"c\"d", "abcd")]
    [InlineData("a \\\n b", "a|b")]
    [InlineData("a 2>&1", "a")]
    [InlineData("a >/dev/null 2> /dev/null < /dev/null", "a")]
    [InlineData("a &>/dev/null; b 2>&-", "a", "b")]
    [InlineData("a >&-b c", "a|b|c")]
    [InlineData("find . -name {} -print", "find|.|-name|{}|-print")]
    [InlineData("git stash show stash@{0} HEAD~1", "git|stash|show|stash@{0}|HEAD~1")]
    [InlineData("[ -f x ]", "[|-f|x|]")]
    [InlineData("a --b=c d:e %f 5$ $", "a|--b=c|d:e|%f|5$|$")]
    [InlineData("日本 ü", "日本|ü")]
    public void Parse_WhenALineOnlyRunsCommands_ShouldBePlainAndNameThem(string text, params string[] commands)
    {
        var line = ShellLine.Parse(text);

        line.Commands.Select(Shown).ShouldBe(commands);
        (line.IsPlain, line.IsUnderstood).ShouldBe((true, true));
    }

    [Theory]
    [InlineData("a > b", "a")]
    [InlineData("a >> b; c", "a", "c")]
    [InlineData("a < b", "a")]
    [InlineData("a >&b c", "a|c")]
    [InlineData("a &> b", "a")]
    [InlineData("> a", new string[0])]
    [InlineData("a <<< b", "a")]
    [InlineData("a <<X\nb; $c\nX\nd", "a", "d")]
    [InlineData("a <<'X'\n$(b)\nX\nd", "a", "d")]
    [InlineData("a <<-X\n\tb\n\tX\nd", "a", "d")]
    [InlineData("X=1 a", "a")]
    [InlineData("> b ! a", "!|a")]
    [InlineData("X=1 { a", "{|a")]
    [InlineData("X+=1 Y[2]=3 a X=1", "a|X=1")]
    [InlineData("PATH=/tmp", new string[0])]
    [InlineData("a $(b; c)", "b", "c", "a|?")]
    [InlineData("a \"x$(b \"$(c)\")\" d", "c", "b|?", "a|?|d")]
    [InlineData("a `b \\`c\\``", "c", "b|?", "a|?")]
    [InlineData("a <(b) >(c)", "b", "c", "a|?|?")]
    [InlineData("{a,b}>c", "?")]
    [InlineData("{x}>c a", "a")]
    [InlineData("if a; then b; elif c; then d; else e; fi", "a", "b", "c", "d", "e")]
    [InlineData("while a; do b; done", "a", "b")]
    public void Parse_WhenALineDoesMore_ShouldNotBePlainAndStillNameItsCommands(string text, params string[] commands)
    {
        var line = ShellLine.Parse(text);

        line.Commands.Select(Shown).ShouldBe(commands);
        (line.IsPlain, line.IsUnderstood).ShouldBe((false, text != "a <<X\nb; $c\nX\nd"));
    }

    [Theory]
    [InlineData("a 'b")]
    [InlineData("a \"b")]
    [InlineData("a `b")]
    [InlineData("a $(b")]
    [InlineData("(a")]
    [InlineData("a)")]
    [InlineData("a \\")]
    [InlineData("a;;b")]
    [InlineData("f() { a; }")]
    [InlineData("function f { a; }")]
    [InlineData("for x in a; do b; done")]
    [InlineData("case a in b) c;; esac")]
    [InlineData("[[ a ]]")]
    [InlineData("(( a ))")]
    [InlineData("a $((1))")]
    [InlineData("a $[1]")]
    [InlineData("a ${b:-c}")]
    [InlineData("a ${b@P}")]
    [InlineData("a=(b c)")]
    [InlineData("a <<X\nb")]
    [InlineData("a <<X\n$(b)\nX")]
    [InlineData("a >")]
    [InlineData("a $\\\nb")]
    [InlineData("a \"$\\\n(b)\"")]
    [InlineData("a \" \\\n$(b)\"")]
    [InlineData("a &\\\n& b")]
    [InlineData("g\\\nit")]
    [InlineData("a\0b")]
    [InlineData("a \rb")]
    [InlineData("a # \rb")]
    [InlineData("a\u007F")]
    [InlineData("coproc a")]
    [InlineData("select a in b; do c; done")]
    public void Parse_WhenCommandsMayHide_ShouldSayThatItIsNotUnderstood(string text)
    {
        var line = ShellLine.Parse(text);

        (line.IsPlain, line.IsUnderstood).ShouldBe((false, false));
    }

    [Theory]
    [InlineData("$a")]
    [InlineData("${a}")]
    [InlineData("\"$a\"")]
    [InlineData("x$?")]
    [InlineData("$'a'")]
    [InlineData("$\"a\"")]
    [InlineData("{a,b}")]
    [InlineData("x{1..3}")]
    [InlineData("=a")]
    public void Parse_WhenAWordIsKnownToTheShellOnly_ShouldNotKnowIt(string word) =>
        ShellLine.Parse($"a {word}").Commands[0].Words[1].Kind.ShouldBe(ShellWordKind.Unknown);

    [Theory]
    [InlineData("*")]
    [InlineData("a?")]
    [InlineData("[ab]")]
    [InlineData("~")]
    [InlineData("~/x")]
    [InlineData("a=~/x")]
    public void Parse_WhenAWordBecomesFileNames_ShouldSaySo(string word) =>
        ShellLine.Parse($"a {word}").Commands[0].Words[1].Kind.ShouldBe(ShellWordKind.Pathname);

    [Theory]
    [InlineData("(")]
    [InlineData("$(")]
    [InlineData("`")]
    [InlineData("{")]
    [InlineData("a {")]
    [InlineData("\"$(")]
    [InlineData("<(")]
    [InlineData("$'\\")]
    public void Parse_WhenALineIsNestedWithoutEnd_ShouldEnd(string piece) =>
        ShellLine.Parse(string.Concat(Enumerable.Repeat(piece, 60_000 / piece.Length))).IsPlain.ShouldBe(piece is "{" or "a {");

    [Fact]
    public void Parse_WhenALineIsTooLong_ShouldNotLookAtIt() =>
        ShellLine.Parse(new string('a', ShellLine.MaxLength + 1)).IsUnderstood.ShouldBeFalse();

    private static string Shown(ShellCommand command) => string.Join('|', command.Words.Select(w => w.Literal ?? "?"));
}
