namespace Claudy.Infrastructure.Scanning;

/// <summary>What a rule has against a file.</summary>
/// <param name="Rule">The rule's name; docs/configuration.md lists them.</param>
/// <param name="Why">In words that go on after the file's name.</param>
internal sealed record Objection(string Rule, string Why);
