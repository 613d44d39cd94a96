using Claudy.Domain.Sessions.Permissions;
using Shouldly;
using Xunit;

namespace Claudy.Domain.Tests.Sessions.Permissions;

public sealed class CommandRuleTests
{
    [Theory]
    [InlineData("cat <<\"$x\"\n$x\nrm -rf y\n\n")]
    [InlineData("cat <<$'E'\nE\nrm y\n$E\n")]
    [InlineData("env -S'rm -rf x'")]
    [InlineData("env -Srm")]
    [InlineData("env --split-string='rm -rf x'")]
    [InlineData("su -c'rm x'")]
    [InlineData("script --command='rm x'")]
    [InlineData("echo 'rm -rf x' | sh")]
    [InlineData("echo cm0= | base64 -d | bash")]
    [InlineData("printf x | xargs -0 env")]
    [InlineData("printf x | xargs")]
    [InlineData("sh <<'E'\nrm x\nE\n")]
    [InlineData(". ./s.sh")]
    [InlineData("hash -p /bin/rm foo; foo x")]
    [InlineData("alias z=rm\nz x")]
    public void Denies_WhenWhatIsRunCannotBeSeen_ShouldNotSayThatItIsFine(string line) =>
        Calls.Bash(line).Denied("Bash(rm:*)").ShouldNotBe(PermissionEffect.Allow);

    [Fact]
    public void Denies_WhenAHostIsWrittenWithADotAtItsEnd_ShouldDenyItAllTheSame() =>
        Calls.Of("WebFetch", new { url = "https://evil.test./x", prompt = "p" }).Denied("WebFetch(domain:evil.test)").ShouldBe(PermissionEffect.Deny);

    [Theory]
    [InlineData("git status", "Bash(git status)")]
    [InlineData(" git  'status' # now", "Bash(git status)")]
    [InlineData("git status 2>&1 >/dev/null", "Bash(git status)")]
    [InlineData("git status; npm test | tee && (git status)", "Bash(git status)", "Bash(npm test)", "Bash(tee)")]
    [InlineData("npm run test", "Bash(npm run:*)")]
    [InlineData("npm run", "Bash(npm run:*)")]
    [InlineData("npm run test --watch", "Bash(npm run *)")]
    [InlineData("npm run test:unit", "Bash(npm run test*)")]
    [InlineData("ls *.txt ~/x", "Bash(ls:*)")]
    [InlineData("echo '*'", "Bash(echo '*')")]
    [InlineData("timeout 5 git status", "Bash(git status)")]
    [InlineData("timeout -k 1 --foreground 5m nice -n 5 nohup time -p git status", "Bash(git status)")]
    [InlineData("find . -name x", "Bash(find:*)")]
    [InlineData("sudo apt update", "Bash(sudo apt update)")]
    [InlineData("bash -c 'npm test; rm x'", "Bash(bash -c 'npm test; rm x')")]
    [InlineData("export X=1", "Bash(export X=1)")]
    [InlineData("anything | at > all", "Bash")]
    [InlineData("anything | at > all", "Bash(*)")]
    public void Decide_WhenEveryCommandHasARule_ShouldAllow(string command, params string[] rules)
    {
        var verdict = PermissionRuleSet.Of(rules, []).Decide(Calls.Bash(command));

        verdict.Effect.ShouldBe(PermissionEffect.Allow);
        verdict.Rules.ShouldBe(rules.Select(rule => rule == "Bash(*)" ? "Bash" : rule));
    }

    [Theory]
    [InlineData("git status; rm -rf x", "Bash(git status)")]
    [InlineData("git status\nrm -rf x", "Bash(git:*)")]
    [InlineData("git status & rm -rf x", "Bash(git:*)")]
    [InlineData("git status | sh", "Bash(git:*)")]
    [InlineData("git status $(rm -rf x)", "Bash(git:*)")]
    [InlineData("git status $(git status)", "Bash(git:*)")]
    [InlineData("git status `rm -rf x`", "Bash(git:*)")]
    [InlineData("git status <(rm -rf x)", "Bash(git:*)")]
    [InlineData("git status > x", "Bash(git:*)")]
    [InlineData("git status < x", "Bash(git:*)")]
    [InlineData("git $X", "Bash(git:*)")]
    [InlineData("git {a,b}", "Bash(git:*)")]
    [InlineData("PATH=/tmp git status", "Bash(git:*)")]
    [InlineData("LD_PRELOAD=/tmp/x git status", "Bash(git:*)")]
    [InlineData("git \"$\\\n(rm -rf x)\"", "Bash(git:*)")]
    [InlineData("git $\\\n(rm -rf x)", "Bash(git:*)")]
    [InlineData("git $\\\nX", "Bash(git:*)")]
    [InlineData("git status extra", "Bash(git status)")]
    [InlineData("git statusx", "Bash(git status:*)")]
    [InlineData("gitx status", "Bash(git:*)")]
    [InlineData("/tmp/git status", "Bash(git:*)")]
    [InlineData("./git status", "Bash(git:*)")]
    [InlineData("'git status'", "Bash(git status)")]
    [InlineData("git", "Bash(git status)")]
    [InlineData("git *", "Bash(git status)")]
    [InlineData("g*t status", "Bash(git status)")]
    [InlineData("if true; then git status; fi", "Bash(git:*)", "Bash(true)")]
    [InlineData("f() { git status; }", "Bash(git:*)")]
    [InlineData("git() { rm -rf x; }; git status", "Bash(git:*)")]
    [InlineData("xargs rm", "Bash(xargs:*)")]
    [InlineData("xargs git", "Bash(git:*)")]
    [InlineData("env git status", "Bash(git:*)")]
    [InlineData("env rm x", "Bash(env:*)")]
    [InlineData("sudo rm x", "Bash(sudo *)")]
    [InlineData("/usr/bin/sudo rm x", "Bash(/usr/bin/sudo *)")]
    [InlineData("bash -c 'rm x'", "Bash(bash:*)")]
    [InlineData("eval git status", "Bash(git:*)", "Bash(eval:*)")]
    [InlineData("timeout 5 rm x", "Bash(timeout:*)")]
    [InlineData("timeout --unknown 5 git status", "Bash(git:*)")]
    [InlineData("timeout git status", "Bash(git:*)", "Bash(status)")]
    [InlineData("timeout 5 env git status", "Bash(git:*)")]
    [InlineData("find . -exec rm {} +", "Bash(find:*)")]
    [InlineData("find . -delete", "Bash(find:*)")]
    [InlineData("find . *", "Bash(find:*)")]
    [InlineData("export PATH=/tmp; git status", "Bash(git:*)", "Bash(export PATH=/tmp)")]
    [InlineData("export PATH=/tmp", "Bash(export:*)")]
    [InlineData("alias git=rm\ngit status", "Bash(git:*)", "Bash(alias git=rm)")]
    [InlineData("printf -v PATH x; git status", "Bash(git:*)", "Bash(printf:*)")]
    [InlineData("test -v 'a[$(rm x)]'", "Bash(test:*)")]
    [InlineData("{fd}>/dev/null rm x", "Bash({fd} rm x)")]
    [InlineData("", "Bash(git status)")]
    [InlineData("# git status", "Bash(git status)")]
    [InlineData("git status", "Bash(git status && ls)")]
    [InlineData("git status", "Bash(git $X)")]
    [InlineData("git status", "Read")]
    public void Decide_WhenALineDoesMoreThanIsAllowed_ShouldAsk(string command, params string[] rules) =>
        Calls.Bash(command).Decide(rules).ShouldBeNull();

    [Theory]
    [InlineData("rm -rf x")]
    [InlineData("rm")]
    [InlineData("git status; rm x")]
    [InlineData("git status && { rm x; }")]
    [InlineData("(rm x)")]
    [InlineData("git status | rm x")]
    [InlineData("git status\nrm x")]
    [InlineData("echo $(rm x)")]
    [InlineData("echo \"a`rm x`\"")]
    [InlineData("cat <(rm x)")]
    [InlineData("if true; then rm x; fi")]
    [InlineData("for i in a; do rm $i; done")]
    [InlineData("case a in b) rm x;; esac")]
    [InlineData("f() { rm x; }; f")]
    [InlineData("X=1 rm x")]
    [InlineData("rm x > y")]
    [InlineData("{fd}>/dev/null rm x")]
    [InlineData("2>/dev/null rm x")]
    [InlineData(">&-rm x")]
    [InlineData("/bin/rm x")]
    [InlineData("r''m x")]
    [InlineData("\\rm x")]
    [InlineData("r\\\nm x")]
    [InlineData("{\\\n rm x; }")]
    [InlineData("rm $X")]
    [InlineData("sudo -u root rm x")]
    [InlineData("env A=b rm x")]
    [InlineData("xargs -0 rm")]
    [InlineData("timeout 5 rm x")]
    [InlineData("command rm x")]
    [InlineData("busybox rm x")]
    [InlineData("find . -exec rm {} +")]
    [InlineData("bash -c 'git status; rm x'")]
    [InlineData("/bin/sh -c \"rm x\"")]
    [InlineData("sudo sh -c \"sh -c 'rm x'\"")]
    [InlineData("eval rm x")]
    [InlineData("eval 'r'm' x'")]
    [InlineData("cat <<X\nbody\nX\nrm x")]
    public void Decide_WhenACommandAnywhereIsDenied_ShouldDenyThoughAllElseIsAllowed(string command)
    {
        var verdict = PermissionRuleSet.Of(["Bash"], ["Bash(rm:*)"]).Decide(Calls.Bash(command));

        verdict.Effect.ShouldBe(PermissionEffect.Deny);
        verdict.Rules.ShouldBe(["Bash(rm:*)"]);
    }

    [Theory]
    [InlineData("$X y")]
    [InlineData("r? x")]
    [InlineData("~/rm x")]
    [InlineData("$'\\x72m' x")]
    [InlineData("sh -c \"$X\"")]
    [InlineData("xargs $X")]
    [InlineData("cat 'x")]
    [InlineData("cat <<X\n$(rm x)\nX")]
    [InlineData("echo ${x:-$(rm y)}")]
    [InlineData("[[ a ]]")]
    [InlineData("{r,}m x")]
    [InlineData("{rm,-rf,x}>/dev/null")]
    public void Decide_WhenItCannotBeToldWhetherACommandIsDenied_ShouldAskThoughAllIsAllowed(string command) =>
        Calls.Bash(command).Denied("Bash(rm:*)").ShouldBeNull();

    [Theory]
    [InlineData("git status", "Bash(rm:*)")]
    [InlineData("git rm x", "Bash(rm:*)")]
    [InlineData("rmdir x", "Bash(rm:*)")]
    [InlineData("echo 'rm x'", "Bash(rm:*)")]
    [InlineData("echo $X > y", "Bash(rm:*)")]
    [InlineData("rm x", "Bash(rm -rf:*)")]
    [InlineData("rm x y", "Bash(rm x)")]
    [InlineData("# rm x\nls", "Bash(rm:*)")]
    public void Decide_WhenNothingIsDenied_ShouldAllowWhatIsAllowed(string command, string denied) =>
        Calls.Bash(command).Denied(denied).ShouldBe(PermissionEffect.Allow);

    [Theory]
    [InlineData("rm x $Y", "Bash(rm x)")]
    [InlineData("rm $X", "Bash(rm x)")]
    [InlineData("git status", "Bash(a && b)")]
    public void Decide_WhenARuleThatDeniesCannotBeHeldAgainstIt_ShouldAsk(string command, string denied) =>
        Calls.Bash(command).Denied(denied).ShouldBeNull();

    [Fact]
    public void Decide_WhenACallSaysMoreThanWhatToRun_ShouldAsk() =>
        Calls.Of("Bash", new { command = "git status", dangerouslyDisableSandbox = true }).Decide("Bash", "Bash(git status)").ShouldBeNull();
}
