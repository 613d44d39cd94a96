using System.Text.Json.Serialization;

namespace Claudy.WebApi.Cli.Doctor;

/// <summary>What one check found.</summary>
/// <param name="Subject">What was looked at.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Found">What is there, or what is wrong.</param>
/// <param name="Fix">What to do about it; null when there is nothing to do.</param>
internal sealed record Finding(string Subject, Severity Severity, string Found, string? Fix = null);

/// <summary>How bad a finding is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Severity>))]
internal enum Severity
{
    /// <summary>Nothing to do.</summary>
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>Claudy runs, but something is not as it should be.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,

    /// <summary>Claudy does not run, or runs no session.</summary>
    [JsonStringEnumMemberName("missing")]
    Missing,
}

/// <summary>What <c>claudy doctor --json</c> prints.</summary>
internal sealed record Report(bool Ok, IReadOnlyList<Finding> Findings);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(Report))]
internal sealed partial class DoctorJson : JsonSerializerContext;
