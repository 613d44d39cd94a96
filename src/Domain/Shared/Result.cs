using System.Diagnostics.CodeAnalysis;

namespace Claudy.Domain.Shared;

/// <summary>What every use case answers: success, or an <see cref="Shared.Error"/>.</summary>
public interface IResult
{
    /// <summary>The failure, or null on success.</summary>
    Error? Error { get; }
}

/// <summary>A result type that a generic behaviour can make a failure of.</summary>
/// <typeparam name="TSelf">The result type itself.</typeparam>
public interface IResult<out TSelf> : IResult
    where TSelf : IResult<TSelf>
{
    /// <summary>A failed result.</summary>
    static abstract TSelf Failure(Error error);
}

/// <summary>Success without a value, or an error.</summary>
public sealed class Result : IResult<Result>
{
    private static readonly Result Ok = new(null);

    private Result(Error? error) => Error = error;

    /// <inheritdoc/>
    public Error? Error { get; }

    /// <summary>Whether it worked.</summary>
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsSuccess => Error is null;

    /// <summary>It worked.</summary>
    public static Result Success() => Ok;

    /// <summary>It worked and gave a value.</summary>
    public static Result<T> Success<T>(T value) => new(value);

    /// <inheritdoc/>
    public static Result Failure(Error error) => new(error);

    /// <summary>An error is a failed result.</summary>
    public static implicit operator Result(Error error) => new(error);
}

/// <summary>A value, or an error.</summary>
/// <typeparam name="T">What success gives.</typeparam>
public sealed class Result<T> : IResult<Result<T>>
{
    private readonly T? _value;

    internal Result(T value) => _value = value;

    private Result(Error error) => Error = error;

    /// <inheritdoc/>
    public Error? Error { get; }

    /// <summary>Whether it worked.</summary>
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsSuccess => Error is null;

    /// <summary>What success gave.</summary>
    /// <exception cref="InvalidOperationException">The result is a failure.</exception>
    public T Value => Error is null ? _value! : throw new InvalidOperationException($"No value: {Error.Code} {Error.Message}");

    /// <inheritdoc/>
    public static Result<T> Failure(Error error) => new(error);

    /// <summary>A value is a successful result.</summary>
    public static implicit operator Result<T>(T value) => new(value);

    /// <summary>An error is a failed result.</summary>
    public static implicit operator Result<T>(Error error) => new(error);
}
