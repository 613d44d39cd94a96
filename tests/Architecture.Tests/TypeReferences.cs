using Mono.Cecil;
using Mono.Cecil.Rocks;

namespace Claudy.Architecture.Tests;

/// <summary>Finds every type that a compiled type mentions: in signatures, bodies and attributes.</summary>
internal static class TypeReferences
{
    public static IReadOnlySet<TypeReference> Of(TypeDefinition type)
    {
        var found = new HashSet<TypeReference>(ByFullName.Instance);
        Add(found, type.BaseType);
        Add(found, type.Interfaces.Select(i => i.InterfaceType));
        Add(found, type.CustomAttributes.Select(a => a.AttributeType));
        Add(found, type.Fields.Select(f => f.FieldType));
        Add(found, type.GenericParameters.SelectMany(g => g.Constraints).Select(c => c.ConstraintType));
        foreach (var method in type.Methods)
        {
            Add(found, method.ReturnType);
            Add(found, method.Parameters.Select(p => p.ParameterType));
            Add(found, method.CustomAttributes.Select(a => a.AttributeType));
            if (method.HasBody)
            {
                AddBody(found, method);
            }
        }

        foreach (var nested in type.NestedTypes)
        {
            found.UnionWith(Of(nested));
        }

        return found;
    }

    private static void AddBody(HashSet<TypeReference> found, MethodDefinition method)
    {
        Add(found, method.Body.Variables.Select(v => v.VariableType));
        foreach (var operand in method.Body.Instructions.Select(i => i.Operand))
        {
            switch (operand)
            {
                case TypeReference type:
                    Add(found, type);
                    break;
                case MethodReference called:
                    Add(found, called.DeclaringType);
                    Add(found, called.ReturnType);
                    Add(found, called.Parameters.Select(p => p.ParameterType));
                    Add(found, (called as GenericInstanceMethod)?.GenericArguments ?? []);
                    break;
                case FieldReference field:
                    Add(found, field.DeclaringType);
                    Add(found, field.FieldType);
                    break;
            }
        }
    }

    private static void Add(HashSet<TypeReference> found, IEnumerable<TypeReference> types)
    {
        foreach (var type in types)
        {
            Add(found, type);
        }
    }

    private static void Add(HashSet<TypeReference> found, TypeReference? type)
    {
        switch (type)
        {
            case null or GenericParameter:
                break;
            case GenericInstanceType generic:
                Add(found, generic.ElementType);
                Add(found, generic.GenericArguments);
                break;
            case TypeSpecification specification:
                Add(found, specification.ElementType);
                break;
            default:
                found.Add(type);
                break;
        }
    }

    /// <summary>The namespace of a type, of the outermost one when it is nested.</summary>
    public static string NamespaceOf(TypeReference type)
    {
        while (type.DeclaringType is { } outer)
        {
            type = outer;
        }

        return type.Namespace;
    }

    /// <summary>The types of a module that a person wrote: no compiler's, not nested.</summary>
    public static IEnumerable<TypeDefinition> WrittenTypes(this ModuleDefinition module) =>
        module.GetAllTypes().Where(t => t.DeclaringType is null && t.Namespace.Length > 0 && !t.Name.Contains('<', StringComparison.Ordinal));

    private sealed class ByFullName : IEqualityComparer<TypeReference>
    {
        public static readonly ByFullName Instance = new();

        public bool Equals(TypeReference? x, TypeReference? y) => x?.FullName == y?.FullName;

        public int GetHashCode(TypeReference obj) => StringComparer.Ordinal.GetHashCode(obj.FullName);
    }
}
