using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions.Permissions;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Contracts;

/// <summary>What every store of users' permission rules must do.</summary>
public abstract class PermissionRuleStoreContract
{
    protected abstract IPermissionRuleStore Store { get; }

    [Fact]
    public async Task FindAsync_WhenThereAreNone_ShouldBeEmpty() =>
        (await Store.FindAsync(TestSessions.NewUser(), default)).Count.ShouldBe(0);

    [Fact]
    public async Task AddAsync_ShouldKeepRulesApartByUserAndEffect_InOrder()
    {
        var user = TestSessions.NewUser();

        await Store.AddAsync(user, ["Bash(z)", "Bash(a)"], PermissionEffect.Allow, default);
        await Store.AddAsync(user, ["Read"], PermissionEffect.Deny, default);
        await Store.AddAsync(TestSessions.NewUser(), ["Bash(a)"], PermissionEffect.Deny, default);

        var rules = await Store.FindAsync(user, default);
        rules.Allowed.ShouldBe(["Bash(z)", "Bash(a)"]);
        rules.Denied.ShouldBe(["Read"]);
    }

    [Fact]
    public async Task AddAsync_WhenARuleIsThere_ShouldChangeItsEffectOnly()
    {
        var user = TestSessions.NewUser();
        await Store.AddAsync(user, ["Bash(a)"], PermissionEffect.Allow, default);

        await Store.AddAsync(user, ["Bash(a)", "Bash(a)"], PermissionEffect.Deny, default);

        var rules = await Store.FindAsync(user, default);
        (rules.Allowed.Count, rules.Denied.Single()).ShouldBe((0, "Bash(a)"));
    }

    [Fact]
    public async Task AddAsync_WhenThereWouldBeTooMany_ShouldChangeNothing()
    {
        var user = TestSessions.NewUser();
        var many = Enumerable.Range(0, PermissionRules.Limit).Select(i => $"Bash({i})").ToList();
        (await Store.AddAsync(user, many, PermissionEffect.Allow, default)).ShouldBeTrue();

        (await Store.AddAsync(user, ["Bash(more)"], PermissionEffect.Allow, default)).ShouldBeFalse();
        (await Store.AddAsync(user, ["Bash(0)"], PermissionEffect.Deny, default)).ShouldBeTrue();

        (await Store.FindAsync(user, default)).Count.ShouldBe(PermissionRules.Limit);
    }

    [Fact]
    public async Task ReplaceAsync_ShouldChangeOrRemoveARuleThatIsThere()
    {
        var user = TestSessions.NewUser();
        await Store.AddAsync(user, ["Bash(a)", "Bash(b)"], PermissionEffect.Allow, default);

        (await Store.ReplaceAsync(user, "Bash(a)", "Bash(c)", PermissionEffect.Deny, default)).ShouldBeTrue();
        (await Store.ReplaceAsync(user, "Bash(b)", null, PermissionEffect.Allow, default)).ShouldBeTrue();
        (await Store.ReplaceAsync(user, "Bash(b)", "Bash(d)", PermissionEffect.Allow, default)).ShouldBeFalse();

        var rules = await Store.FindAsync(user, default);
        (rules.Allowed.Count, rules.Denied.Single()).ShouldBe((0, "Bash(c)"));
    }
}
