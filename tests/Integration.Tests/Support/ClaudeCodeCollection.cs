using Xunit;

namespace Claudy.Integration.Tests.Support;

/// <summary>Tests that start the real Claude Code, one after the other: each start takes most of a second of a core.</summary>
[CollectionDefinition(Name)]
public static class ClaudeCodeCollection
{
    public const string Name = "Claude Code";
}
