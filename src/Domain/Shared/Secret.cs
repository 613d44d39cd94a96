namespace Claudy.Domain.Shared;

/// <summary>
/// A value that must never be shown: a key, a token. It prints as <c>***</c>, and serializers find nothing in it.
/// </summary>
/// <remarks>Call <see cref="Reveal"/> only where the value leaves for the place it is meant for.</remarks>
public sealed class Secret : IEquatable<Secret>
{
    private const string Mask = "***";

    private readonly string _value;

    /// <summary>Wraps a value.</summary>
    /// <exception cref="ArgumentException">The value is empty.</exception>
    public Secret(string value)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(value);
        _value = value;
    }

    /// <summary>The value itself.</summary>
    public string Reveal() => _value;

    /// <summary>A text that may quote the value, such as another server's error, without it.</summary>
    public string RemoveFrom(string text) => text.Replace(_value, Mask, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Mask;

    /// <inheritdoc/>
    public bool Equals(Secret? other) => other is not null && string.Equals(_value, other._value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Secret);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(_value);
}
