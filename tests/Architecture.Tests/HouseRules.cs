using Shouldly;
using Xunit;

namespace Claudy.Architecture.Tests;

/// <summary>Each rule holds in the product, and is seen to fail on a violation planted in <c>Planted.cs</c>.</summary>
public sealed class HouseRules
{
    [Fact]
    public void Domain_ShouldKnowNoOtherLayer()
    {
        House.Claudy.LayerViolations("Domain").ShouldBeEmpty();
        House.Planted.LayerViolations("Domain").ShouldContain(v => v.Contains("EntityThatKnowsAUseCase", StringComparison.Ordinal));
    }

    [Fact]
    public void Domain_ShouldUseOnlyTheBaseClassLibrary()
    {
        House.Claudy.LibraryViolations("Domain").ShouldBeEmpty();
        House.Planted.LibraryViolations("Domain").ShouldContain(v => v.Contains("EntityWithALibrary", StringComparison.Ordinal));
    }

    [Fact]
    public void Application_ShouldKnowOnlyDomain()
    {
        House.Claudy.LayerViolations("Application", "Domain").ShouldBeEmpty();
        House.Planted.LayerViolations("Application", "Domain").ShouldContain(v => v.Contains("UseCaseThatKnowsAnAdapter", StringComparison.Ordinal));
    }

    [Fact]
    public void Application_ShouldUseNoDriverAndNoWebFramework()
    {
        House.Claudy.LibraryViolations("Application", "MediatR", "FluentValidation", "Scrutor", "Microsoft.Extensions.").ShouldBeEmpty();
        House.Planted.LibraryViolations("Application", "MediatR", "FluentValidation", "Scrutor", "Microsoft.Extensions.")
            .ShouldContain(v => v.Contains("UseCaseWithALibrary", StringComparison.Ordinal));
    }

    [Fact]
    public void Infrastructure_ShouldKnowOnlyApplicationAndDomain()
    {
        House.Claudy.LayerViolations("Infrastructure", "Application", "Domain").ShouldBeEmpty();
        House.Planted.LayerViolations("Infrastructure", "Application", "Domain").ShouldContain(v => v.Contains("AdapterThatKnowsTheWeb", StringComparison.Ordinal));
    }

    [Fact]
    public void Adapters_ShouldNotKnowEachOther()
    {
        (string, string)[] builtOn = [("Agents", "Processes"), ("Agents", "Sandbox"), ("Sandbox", "Processes"), ("Repositories", "Processes"), ("Repositories", "Sandbox")];

        House.Claudy.AdapterViolations(builtOn).ShouldBeEmpty();
        House.Planted.AdapterViolations(builtOn).ShouldContain(v => v.Contains("AdapterThatKnowsAnother", StringComparison.Ordinal));
    }

    [Fact]
    public void WebApi_ShouldKnowInfrastructureOnlyWhereItComposes()
    {
        House.Claudy.CompositionViolations("Hosting").ShouldBeEmpty();
        House.Planted.CompositionViolations("Hosting").ShouldContain(v => v.Contains("EndpointThatKnowsAnAdapter", StringComparison.Ordinal));
    }

    [Fact]
    public void UseCases_ShouldHaveOneInternalSealedHandlerEach()
    {
        House.Claudy.UseCaseViolations().ShouldBeEmpty();
        House.Planted.UseCaseViolations().ShouldContain(v => v.Contains("RequestWithoutAHandler", StringComparison.Ordinal));
        House.Planted.UseCaseViolations().ShouldContain(v => v.Contains("PublicHandler", StringComparison.Ordinal));
    }

    [Fact]
    public void Classes_ShouldBeSealedUnlessDerivedFrom()
    {
        House.Claudy.OpenClasses().ShouldBeEmpty();
        House.Planted.OpenClasses().ShouldContain(v => v.Contains("OpenClass", StringComparison.Ordinal));
    }

    [Fact]
    public void Names_ShouldSaySomething()
    {
        House.Claudy.VagueNames().ShouldBeEmpty();
        House.Planted.VagueNames().ShouldContain(v => v.Contains("SessionManager", StringComparison.Ordinal));
    }

    [Fact]
    public void House_ShouldSeeEveryLayer()
    {
        foreach (var layer in new[] { "Domain", "Application", "Infrastructure", "WebApi" })
        {
            House.Claudy.Types.Count(t => t.Namespace.StartsWith($"Claudy.{layer}", StringComparison.Ordinal)).ShouldBeGreaterThan(5, layer);
        }
    }
}
