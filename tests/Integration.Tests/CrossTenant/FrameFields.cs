using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Claudy.WebApi.WebSockets;
using Claudy.WebApi.WebSockets.Frames;

namespace Claudy.Integration.Tests.CrossTenant;

/// <summary>What each frame of the catalogue reads, found in the code of its handler: nobody has to keep a list of it.</summary>
internal static class FrameFields
{
    private const BindingFlags AllMethods = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<ushort, OpCode> OpCodesByValue = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => unchecked((ushort)code.Value));

    /// <summary>The type of a frame's data; null when it has none.</summary>
    /// <exception cref="InvalidOperationException">It reads several.</exception>
    public static Type? TypeOf(FrameDefinition frame) => Read(frame.Handler.Method).Distinct().SingleOrDefault();

    /// <summary>The data that the code of any frame reads.</summary>
    public static IReadOnlyList<Type> ReadAnywhere() =>
    [
        .. typeof(FrameCatalogue).Assembly.GetTypes().SelectMany(type => type.GetMethods(AllMethods)).SelectMany(CalledBy).Select(DataOf).OfType<Type>().Distinct(),
    ];

    // Through everything that the handler calls among the frames' own code.
    private static List<Type> Read(MethodBase handler)
    {
        List<Type> found = [];
        HashSet<MethodBase> seen = [handler];
        Queue<MethodBase> open = new([handler]);
        while (open.TryDequeue(out var method))
        {
            foreach (var called in CalledBy(method).Concat(CalledBy(StepOf(method))))
            {
                if (DataOf(called) is { } data)
                {
                    found.Add(data);
                }
                else if (called.DeclaringType?.Namespace == typeof(FileFrames).Namespace && seen.Add(called))
                {
                    open.Enqueue(called);
                }
            }
        }

        return found;
    }

    private static Type? DataOf(MethodBase called) =>
        called is MethodInfo { Name: nameof(FrameContext.Data), IsGenericMethod: true } && called.DeclaringType == typeof(FrameContext) ? called.GetGenericArguments()[0] : null;

    // What an async method does is in its state machine.
    private static MethodInfo? StepOf(MethodBase method) =>
        method.GetCustomAttribute<AsyncStateMachineAttribute>()?.StateMachineType.GetMethod("MoveNext", BindingFlags.NonPublic | BindingFlags.Instance);

    private static IEnumerable<MethodBase> CalledBy(MethodBase? method)
    {
        var code = method?.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (var at = 0; at < code.Length;)
        {
            var operation = OpCodesByValue[code[at] == 0xFE ? (ushort)(0xFE00 | code[at + 1]) : code[at]];
            at += operation.Size;
            if (operation.OperandType == OperandType.InlineMethod)
            {
                yield return method!.Module.ResolveMethod(BitConverter.ToInt32(code, at), method.DeclaringType?.GetGenericArguments(), method.IsGenericMethod ? method.GetGenericArguments() : null)!;
            }

            at += operation.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }
}
