using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Claudy.Architecture.Tests;

/// <summary>The product's own compiled assemblies.</summary>
internal static class Product
{
    public static List<TypeDefinition> Types() =>
        [.. Directory.EnumerateFiles(AppContext.BaseDirectory, "Claudy.*.dll")
            .Where(path => !path.EndsWith(".Tests.dll", StringComparison.Ordinal))
            .SelectMany(path => ModuleDefinition.ReadModule(path).GetTypes())];

    /// <summary>All strings that are written in their methods.</summary>
    public static IEnumerable<string> Strings() =>
        Types()
            .SelectMany(type => type.Methods)
            .Where(method => method.HasBody)
            .SelectMany(method => method.Body.Instructions)
            .Where(instruction => instruction.OpCode == OpCodes.Ldstr)
            .Select(instruction => (string)instruction.Operand);
}
