using Claudy.Domain.Sessions.Permissions;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Shouldly;

namespace Claudy.Domain.Tests.Sessions.Permissions;

/// <summary>What is allowed stays allowed only as it is, whatever is put beside it.</summary>
public sealed class CommandRulePropertyTests
{
    private static readonly string[] Pieces =
    [
        "a", "b", "rm", "git", "status", "-x", " ", "  ", "\t", "\n", ";", "&", "|", "&&", "||", "(", ")", "{", "}", "<", ">", "<<", "<<<", ">&", "2>&1", "/dev/null",
        "'", "\"", "\\", "`", "$", "$(", "${", "$((", "<(", "=", "X=", "*", "?", "[", "]", "~", "!", "#", "if", "then", "fi", "for", "do", "done", "case", "esac",
        "function", "eval", "sudo", "xargs", "timeout", "5", "\0", "\r", "\u00A0", "ü", "{a,b}", "EOF", "\\\n",
    ];

    private static readonly string[] Attachments =
    [
        "{0}; {1}", "{0} && {1}", "{0} || {1}", "{0} | {1}", "{0} |& {1}", "{0} & {1}", "{0}\n{1}", "{0};{1}", "{1}; {0}", "{1} && {0}", "{1} | {0}", "{1}\n{0}",
        "{0} $({1})", "{0} \"$({1})\"", "{0} `{1}`", "{0} <({1})", "{0} >({1})", "{0} & ({1})", "{0}; {{ {1}; }}", "{0}; ! {1}", "{0} # x\n{1}", "{0} \\\n; {1}",
        "if {0}; then {1}; fi", "f() {{ {1}; }}; {0}", "{0} <<< \"$({1})\"", "{0} <<X\n$({1})\nX", "{0} > {1}", "X=1 {0}", "{0} ${{x:-$({1})}}", "eval {0}; {1}",
        "{0} 2>&1; {1}", "({0}; {1})", "timeout 5 {1}; {0}", "{0}; timeout 5 {1}", "{0}; bash -c '{1}'", "{0}; xargs {1}",
    ];

    private static readonly Gen<string> OddLine = Gen.Elements(Pieces).ListOf().Select(pieces => string.Concat(pieces));

    private static readonly Gen<string> AnyText = ArbMap.Default.GeneratorFor<string>().Select(text => text ?? "");

    [Property(MaxTest = 1000)]
    public Property AnyLine_WhenSomethingElseIsPutBesideAnAllowedCommand_ShouldAsk() =>
        Prop.ForAll(Gen.Elements(Attachments).Zip(Gen.Elements("rm -rf x", "rm", "a", "git status2", "statusx", "git")).ToArbitrary(), pair =>
        {
            var line = string.Format(null, pair.Item1, "git status", pair.Item2);

            Calls.Bash(line).Decide("Bash(git status)", "Bash(x)", "Bash(true)").ShouldBeNull(line);
        });

    [Property(MaxTest = 1000)]
    public Property AnyLine_WhenADeniedCommandIsPutBesideAnother_ShouldNotBeAllowed() =>
        Prop.ForAll(Gen.Elements(Attachments.Where(a => !a.StartsWith("{0} > ", StringComparison.Ordinal) && !a.StartsWith("X=", StringComparison.Ordinal))).Zip(OddLine).ToArbitrary(), pair =>
        {
            var line = string.Format(null, pair.Item1, "rm -rf " + "x", "rm y") + "; " + pair.Item2;

            Calls.Bash(line).Denied("Bash(rm:*)").ShouldNotBe(PermissionEffect.Allow, line);
        });

    [Property(MaxTest = 1000)]
    public Property AnyText_ShouldBeParsedWithoutAFault() =>
        Prop.ForAll(Gen.OneOf(OddLine, AnyText).ToArbitrary(), text =>
        {
            var line = ShellLine.Parse(text);

            (line.IsUnderstood || !line.IsPlain).ShouldBeTrue();
            line.Commands.ShouldAllBe(command => command.Words.Count > 0);
        });

    [Property(MaxTest = 500)]
    public Property AnyWords_WhenQuoted_ShouldBeReadAsTheyWere() =>
        Prop.ForAll(Words.ToArbitrary(), words =>
        {
            var line = ShellLine.Parse(ShellLine.Quote(words));

            line.IsPlain.ShouldBeTrue();
            line.Commands.ShouldHaveSingleItem().Words.Select(w => w.Literal).ShouldBe(words);
        });

    [Property(MaxTest = 500)]
    public Property AnyRule_WhenWrittenAndRead_ShouldAllowExactlyItsCommand() =>
        Prop.ForAll(Words.Zip(Words).ToArbitrary(), pair =>
        {
            var (words, other) = pair;
            var rule = new PermissionRule("Bash", ShellLine.Quote(words)).ToString();
            if (PermissionRule.TryParse(rule) is null)
            {
                return;
            }

            Calls.Bash(ShellLine.Quote(words)).Decide(rule).ShouldBe(PermissionEffect.Allow);
            Calls.Bash(ShellLine.Quote(other)).Decide(rule).ShouldBe(words.SequenceEqual(other) ? PermissionEffect.Allow : null);
            Calls.Bash(ShellLine.Quote([.. words, "more"])).Decide(rule).ShouldBeNull();
            Calls.Bash(ShellLine.Quote([words[0] + "x", .. words.Skip(1)])).Decide(rule).ShouldBeNull();
        });

    // Names that change what later commands mean are allowed alone only, which these are; control characters never are.
    private static Gen<string[]> Words =>
        Gen.OneOf(
                Gen.Elements(Pieces),
                Gen.Elements(Pieces).ListOf().Select(pieces => string.Concat(pieces)),
                AnyText)
            .Where(word => !word.Any(c => char.IsControl(c) || c == '\uE000'))
            .NonEmptyListOf()
            .Select(words => words.ToArray());
}
