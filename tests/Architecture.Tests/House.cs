using Mono.Cecil;

namespace Claudy.Architecture.Tests;

/// <summary>The rules of the house, over the types of some assemblies whose layers are namespaces beneath a root.</summary>
/// <param name="Root">The namespace that the layers are in: <c>Claudy</c>, or that of the planted violations.</param>
/// <param name="Types">All types of all layers.</param>
internal sealed record House(string Root, IReadOnlyList<TypeDefinition> Types)
{
    private static readonly string[] VagueSuffixes = ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Impl"];
    private static readonly string[] ForbiddenFolders = ["Common", "Helpers", "Utils", "Interfaces", "Commands", "Queries"];

    /// <summary>The product as it was compiled.</summary>
    public static House Claudy { get; } = new(nameof(Claudy), [
        .. WrittenTypes(typeof(Domain.Shared.Error)),
        .. WrittenTypes(typeof(Application.DependencyInjection)),
        .. WrittenTypes(typeof(Infrastructure.AssemblyMarker)),
        .. WrittenTypes(typeof(WebApi.AssemblyMarker)),
    ]);

    /// <summary>One violation of each rule, planted among the tests.</summary>
    public static House Planted { get; } = new(
        "Claudy.Architecture.Tests.Planted",
        [.. WrittenTypes(typeof(House)).Where(t => t.Namespace.StartsWith("Claudy.Architecture.Tests.Planted", StringComparison.Ordinal))]);

    /// <summary>Types of one layer that mention a type of a layer they must not know.</summary>
    public IReadOnlyList<string> LayerViolations(string layer, params string[] mayKnow) =>
        Violations(In(layer), (_, to) => LayerOf(to) is { } other && other != layer && !mayKnow.Contains(other, StringComparer.Ordinal));

    /// <summary>Types of one layer that mention a library other than those named; the runtime's own are always allowed.</summary>
    public IReadOnlyList<string> LibraryViolations(string layer, params string[] mayUse) =>
        Violations(In(layer), (_, to) => LayerOf(to) is null && to.Scope.Name is var library
            && !library.StartsWith("System", StringComparison.Ordinal)
            && !mayUse.Any(prefix => library.StartsWith(prefix, StringComparison.Ordinal))
            && !library.StartsWith("Claudy", StringComparison.Ordinal));

    /// <summary>Adapters that know another adapter, but for those that are built on one another.</summary>
    public IReadOnlyList<string> AdapterViolations(params (string From, string To)[] except) =>
        Violations(In("Infrastructure"), (from, to) =>
            AdapterOf(from) is { } adapter && AdapterOf(to) is { } other && adapter != other && !except.Contains((adapter, other)));

    /// <summary>Types of the outermost layer that know Infrastructure elsewhere than where it is composed.</summary>
    public IReadOnlyList<string> CompositionViolations(params string[] composers) =>
        Violations(
            In("WebApi").Where(t => !composers.Any(c => IsWithin(t.Namespace, $"{Root}.WebApi.{c}"))),
            (_, to) => LayerOf(to) == "Infrastructure");

    /// <summary>Requests without exactly one handler, and handlers that others could call past the behaviours.</summary>
    public IReadOnlyList<string> UseCaseViolations()
    {
        var types = In("Application").SelectMany(t => t.NestedTypes.Prepend(t)).ToList();
        var handlers = types.SelectMany(t => t.Interfaces.Select(i => i.InterfaceType).OfType<GenericInstanceType>()
            .Where(i => i.ElementType.Name == "IRequestHandler`2").Select(i => (Handler: t, Request: i.GenericArguments[0].FullName))).ToList();
        var requests = types.Where(t => t is { IsAbstract: false, IsInterface: false } && IsRequest(t)).Select(t => t.FullName);
        return
        [
            .. requests.Where(r => handlers.Count(h => h.Request == r) != 1).Select(r => $"{r} has not exactly one handler"),
            .. handlers.Where(h => h.Handler.IsPublic || h.Handler.IsNestedPublic || !h.Handler.IsSealed).Select(h => $"{h.Handler.FullName} is not internal and sealed"),
        ];
    }

    /// <summary>Names of requests that the audit log does not hear of.</summary>
    public IReadOnlyList<string> UnauditedRequests() =>
    [
        .. In("Application").SelectMany(t => t.NestedTypes.Prepend(t))
            .Where(t => t is { IsAbstract: false, IsInterface: false } && IsRequest(t) && !t.Interfaces.Any(i => i.InterfaceType.FullName == "Claudy.Application.Audit.IAudited"))
            .Select(t => t.Name),
    ];

    /// <summary>Classes that are neither sealed nor abstract nor derived from.</summary>
    public IReadOnlyList<string> OpenClasses()
    {
        var bases = Types.SelectMany(t => t.NestedTypes.Prepend(t)).Select(t => t.BaseType?.Resolve()?.FullName).ToHashSet(StringComparer.Ordinal);
        return [.. Types.Where(t => t is { IsClass: true, IsSealed: false, IsAbstract: false, IsValueType: false } && !bases.Contains(t.FullName)).Select(t => t.FullName)];
    }

    /// <summary>Names that say nothing.</summary>
    public IReadOnlyList<string> VagueNames() =>
    [
        .. Types.Where(t => VagueSuffixes.Any(s => t.Name.EndsWith(s, StringComparison.Ordinal))
            || t.Namespace.Split('.').Any(part => ForbiddenFolders.Contains(part, StringComparer.Ordinal))).Select(t => t.FullName),
    ];

    private static bool IsRequest(TypeDefinition type) =>
        type.Interfaces.Any(i => i.InterfaceType.Name == "IRequest`1" || (i.InterfaceType.Resolve() is { } definition && IsRequest(definition)));

    private static IEnumerable<TypeDefinition> WrittenTypes(Type marker) =>
        ModuleDefinition.ReadModule(marker.Assembly.Location).WrittenTypes();

    private static bool IsWithin(string ns, string parent) =>
        ns == parent || ns.StartsWith(parent + ".", StringComparison.Ordinal);

    private static IReadOnlyList<string> Violations(IEnumerable<TypeDefinition> from, Func<TypeReference, TypeReference, bool> isViolation) =>
        [.. from.SelectMany(f => TypeReferences.Of(f).Where(to => isViolation(f, to)).Select(to => $"{f.FullName} -> {to.FullName}"))];

    private IEnumerable<TypeDefinition> In(string layer) => Types.Where(t => IsWithin(t.Namespace, $"{Root}.{layer}"));

    private string? LayerOf(TypeReference type) => Part(type, $"{Root}.");

    private string? AdapterOf(TypeReference type) => Part(type, $"{Root}.Infrastructure.");

    private static string? Part(TypeReference type, string prefix)
    {
        var ns = TypeReferences.NamespaceOf(type);
        return ns.StartsWith(prefix, StringComparison.Ordinal) ? ns[prefix.Length..].Split('.')[0] : null;
    }
}
